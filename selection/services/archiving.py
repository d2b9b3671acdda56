"""Suggestions that were settled long ago move to their archive, with their reviews."""

from datetime import datetime

from django.db import connections

# A row goes by the time at which it was settled: carried out, rejected or lapsed. Whether it has been scored does not
# matter: the scoring looks into the archive too.
ARCHIVE = """
WITH batch AS (
    SELECT id FROM ai_suggestions
    WHERE CASE status WHEN 'implemented' THEN implemented_at WHEN 'rejected' THEN reviewed_at
        WHEN 'expired' THEN expires_at END < %s
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED),
rev AS (
    SELECT r.suggestion_id, jsonb_agg(jsonb_build_object(
        'reviewer_id', r.reviewer_id, 'decision', r.decision, 'target_tier', r.target_tier,
        'review_notes', r.review_notes, 'review_criteria', r.review_criteria, 'reviewed_at', r.reviewed_at)
        ORDER BY r.reviewed_at, r.id) AS reviews
    FROM suggestion_reviews r JOIN batch b ON b.id = r.suggestion_id GROUP BY r.suggestion_id),
without AS (DELETE FROM suggestion_reviews r USING batch b WHERE r.suggestion_id = b.id),
moved AS (DELETE FROM ai_suggestions s USING batch b WHERE s.id = b.id RETURNING s.*)
INSERT INTO ai_suggestions_archive (
    id, watchlist_id, asset_id, ai_model_id, suggestion_type, ai_layer, target_tier, priority, confidence_score,
    reasoning, context_data, performance_metrics, target_position, target_weight, expected_return, risk_score, status,
    reviewed_by, reviewed_at, implemented_at, actual_return, success_score, expires_at, horizon_hours, deferred_until,
    run_id, series, reviews, created_at, updated_at, archived_at)
SELECT m.id, m.watchlist_id, m.asset_id, m.ai_model_id, m.suggestion_type, m.ai_layer, m.target_tier, m.priority,
       m.confidence_score, m.reasoning, m.context_data, m.performance_metrics, m.target_position, m.target_weight,
       m.expected_return, m.risk_score, m.status, m.reviewed_by, m.reviewed_at, m.implemented_at, m.actual_return,
       m.success_score, m.expires_at, m.horizon_hours, m.deferred_until, m.run_id, m.series,
       coalesce(rev.reviews, '[]'::jsonb), m.created_at, m.updated_at, now()
FROM moved m LEFT JOIN rev ON rev.suggestion_id = m.id
"""


def archive_suggestions(cutoff: datetime, batch: int) -> int:
    """Move suggestions that were carried out, rejected or had lapsed before ``cutoff``, with a copy of their reviews.

    The owner's role does it: reviews are written once, and only the owner may take them away.

    Returns:
        How many moved, at most ``batch``.
    """
    with connections["owner"].cursor() as cursor:
        cursor.execute(ARCHIVE, [cutoff, batch])
        return int(cursor.rowcount)
