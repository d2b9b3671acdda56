"""News as they were known at a moment: what a person has corrected or withdrawn since stands as it stood then."""

# What is known has been published, so the index of the time of publishing bounds the search. A correction keeps what it
# replaced, with the moment until which that held (macro.services.news_curation).
NEWS_AS_KNOWN = """
SELECT n.id, n.published_at, coalesce((n.raw_data->>'known_at')::timestamptz, n.created_at) AS known_at,
       CASE WHEN was.it IS NULL THEN n.sentiment_score::float8 ELSE (was.it->>'sentiment_score')::float8 END AS score,
       CASE WHEN was.it IS NULL THEN n.importance ELSE was.it->>'importance' END AS importance,
       CASE WHEN was.it IS NULL THEN n.asset_ids ELSE was.asset_ids END AS asset_ids,
       CASE WHEN was.it IS NULL THEN n.sector_ids ELSE was.sector_ids END AS sector_ids
FROM news_events n
LEFT JOIN LATERAL (
    SELECT it,
           CASE jsonb_typeof(it->'asset_ids') WHEN 'array'
               THEN ARRAY(SELECT jsonb_array_elements_text(it->'asset_ids')::bigint) END AS asset_ids,
           CASE jsonb_typeof(it->'sector_ids') WHEN 'array'
               THEN ARRAY(SELECT jsonb_array_elements_text(it->'sector_ids')::bigint) END AS sector_ids
    FROM jsonb_array_elements(n.raw_data->'corrected') it
    WHERE (it->>'until')::timestamptz > %(as_of)s ORDER BY (it->>'until')::timestamptz LIMIT 1
) was ON true
WHERE n.published_at > %(oldest)s AND n.published_at <= %(as_of)s
  AND (n.withdrawn_at IS NULL OR n.withdrawn_at > %(as_of)s)
"""
"""For ``as_of``, of what was published after ``oldest``; what became known later is still among it."""
CORRECTABLE = ("sentiment_score", "importance", "asset_ids", "sector_ids")
"""Columns that are read as of a moment."""
