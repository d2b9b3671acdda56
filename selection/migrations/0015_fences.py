"""Portfolios and personal lists, with all that hangs on them, are their owner's (``system.fences``).

What is somebody's is looked up once for a statement. The functions name the owner themselves: the fence of the table
alone, which also lets through who sees everything, could not use the index.
"""

from django.db import migrations

from system.fences import among, fence, own, own_or_nobodys, through

FUNCTIONS = """
CREATE FUNCTION own_portfolios() RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT array_agg(p.id) FROM public.portfolios p WHERE p.user_id = public.acting_user());
END $$;
COMMENT ON FUNCTION own_portfolios IS 'Portfolios of the person that a statement is for';
CREATE FUNCTION own_positions() RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT array_agg(a.id) FROM public.portfolio_assets a WHERE a.portfolio_id = ANY (public.own_portfolios()));
END $$;
COMMENT ON FUNCTION own_positions IS 'Positions of the person that a statement is for';
CREATE FUNCTION seen_watchlists() RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN ARRAY(
        SELECT w.id FROM public.watchlists w WHERE w.user_id = public.acting_user()
        UNION ALL
        SELECT w.id FROM public.watchlists w WHERE w.user_id IS NULL AND public.somebody_acts());
END $$;
COMMENT ON FUNCTION seen_watchlists IS 'Lists of the person that a statement is for, and those of everybody';
"""
DROP_FUNCTIONS = "DROP FUNCTION seen_watchlists(); DROP FUNCTION own_positions(); DROP FUNCTION own_portfolios();"
OF_PORTFOLIOS = (
    "ai_portfolio_analysis",
    "manual_prices",
    "portfolio_assets",
    "portfolio_days",
)
OF_POSITIONS = ("lot_disposals", "position_flows", "position_lots")
OF_WATCHLISTS = (
    "ai_suggestions",
    "ai_suggestions_archive",
    "ai_watchlist_analysis",
    "watchlist_asset_history",
    "watchlist_assets",
    "watchlist_state_history",
)
SUGGESTION = " OR ".join(through("suggestion_id", table) for table in ("ai_suggestions", "ai_suggestions_archive"))


class Migration(migrations.Migration):
    dependencies = [("selection", "0014_newest_first"), ("system", "0010_fences")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        fence("portfolios", own()),
        fence("watchlists", own_or_nobodys()),
        *(fence(table, among("portfolio_id", "own_portfolios")) for table in OF_PORTFOLIOS),
        *(fence(table, among("position_id", "own_positions")) for table in OF_POSITIONS),
        *(fence(table, among("watchlist_id", "seen_watchlists")) for table in OF_WATCHLISTS),
        fence("suggestion_reviews", through("suggestion_id", "ai_suggestions")),
        fence("suggestion_outcomes", SUGGESTION),
    ]
