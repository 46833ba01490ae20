-- Words that residents must not read: those of spans that are muted in the published copy of a recording, and of closed
-- parts. What the words were stays where captioners and clerks see it.

-- Its time is when somebody typed it, a little after it was said: nobody has set it by ear since.
ALTER TABLE caption_cue ADD COLUMN typed boolean NOT NULL DEFAULT false;
UPDATE caption_cue SET typed = true WHERE said_at IS NOT NULL;

-- What is withheld of a session, and what residents are told of it. A muted span counts in ms of the whole recording.
-- A closed part has no place on a recording; where there is none, captions count from the session's start.
CREATE VIEW caption_withheld AS
SELECT session.id AS session_id, begin_90k / 90 AS begin_ms, (end_90k + 89) / 90 AS end_ms,
    NULL::timestamptz AS began_at, NULL::timestamptz AS ended_at, concat_ws(', ', redaction.reason, legal_basis) AS told
FROM recording_redaction AS redaction JOIN council_session AS session USING (stream_id)
WHERE redaction.state = 'published' AND mute
UNION ALL
SELECT closed.session_id,
    CASE WHEN session.started_at IS NULL OR recorded.found THEN NULL
        ELSE (extract(epoch FROM closed.began_at - session.started_at) * 1000)::bigint END,
    CASE WHEN session.started_at IS NULL OR recorded.found THEN NULL
        ELSE coalesce((extract(epoch FROM closed.ended_at - session.started_at) * 1000)::bigint, 1000000000000) END,
    closed.began_at, coalesce(closed.ended_at, 'infinity'), closed.legal_basis
FROM council_interval_seen AS closed JOIN council_session AS session ON session.id = closed.session_id
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM recording_segment WHERE stream_id = session.stream_id) AS found
    ) AS recorded
WHERE closed.kind = 'closed';

-- Each caption with why residents do not read it; null: they do. Files of captions are often half a second off, and what
-- is typed comes some seconds after it was said: so much more is withheld.
CREATE VIEW caption_judged AS
SELECT cue.*, track.session_id, CASE WHEN withheld.spans IS NOT NULL THEN (
    SELECT string_agg(DISTINCT span.told, '; ') FROM unnest(withheld.spans) AS span
    WHERE (cue.said_at >= span.began_at AND cue.said_at < span.ended_at)
        -- what has a moment of its own is held against a closed part's moments alone
        OR ((span.began_at IS NULL OR cue.said_at IS NULL) AND cue.end_ms > span.begin_ms - 500
            AND cue.begin_ms < span.end_ms + CASE WHEN typed THEN 12000 ELSE 500 END)
) END AS withheld
FROM caption_track AS track
    CROSS JOIN LATERAL (
        SELECT array_agg(one) AS spans FROM caption_withheld AS one WHERE one.session_id = track.session_id
    ) AS withheld
    JOIN caption_cue AS cue ON cue.track_id = track.id;

-- What residents read: in place of neighbours that are withheld one line without words, with what is told of it.
CREATE VIEW caption_read AS
SELECT min(id) AS id, track_id, min(begin_ms) AS begin_ms, max(end_ms) AS end_ms,
    CASE WHEN island > 0 THEN min(speaker) ELSE '' END AS speaker, CASE WHEN island > 0 THEN min(text) ELSE '' END AS text,
    CASE WHEN island > 0 THEN min(folded) ELSE '' END AS folded, coalesce(string_agg(DISTINCT withheld, '; '), '') AS withheld
FROM (
    SELECT judged.*, CASE WHEN withheld IS NULL THEN id ELSE
        row_number() OVER (PARTITION BY track_id, withheld IS NULL ORDER BY begin_ms, id)
        - row_number() OVER (PARTITION BY track_id ORDER BY begin_ms, id) - 1 END AS island
    FROM caption_judged AS judged
) AS placed
GROUP BY track_id, island;

-- The index holds nothing of it either (its view is in 0041). A published redaction takes its session's words out at once, and waits for whoever is writing it (the lock
-- of `search/store.py`): they come back without what was muted.
CREATE OR REPLACE FUNCTION council_search_mark_redaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' AND NEW.state = 'published' AND NEW.mute THEN
        PERFORM pg_advisory_xact_lock(7454153814181241202);
        DELETE FROM council_search_entry USING caption_track JOIN council_session ON council_session.id = session_id
        WHERE council_search_entry.kind = 'transcript' AND source_id = caption_track.id AND stream_id = NEW.stream_id;
    END IF;
    INSERT INTO council_search_stale (kind, source_id)
        SELECT 'transcript', track_id
        FROM caption_public JOIN council_session ON council_session.id = caption_public.session_id
        WHERE stream_id = coalesce(NEW.stream_id, OLD.stream_id);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION council_search_mark_interval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO council_search_stale (kind, source_id)
        SELECT 'speech', id FROM council_speech
        WHERE session_id = coalesce(NEW.session_id, OLD.session_id) AND began_at IS NOT NULL;
    IF coalesce(NEW.kind, OLD.kind) = 'closed' THEN
        INSERT INTO council_search_stale (kind, source_id)
            SELECT 'transcript', track_id FROM caption_public WHERE session_id = coalesce(NEW.session_id, OLD.session_id);
    END IF;
    RETURN NULL;
END
$$;

INSERT INTO council_search_stale (kind, source_id) SELECT 'transcript', track_id FROM caption_public;
