-- Search over everything that remains of sessions. It reads tables of all parts, so it stands after them.

-- What can be found: one row for a thing, or for a passage of a long one. Words are stemmed by the program.
CREATE TABLE council_search_entry (
    kind        text NOT NULL,
    source_id   bigint NOT NULL,
    part        integer NOT NULL,
    session_id  bigint REFERENCES council_session ON DELETE CASCADE,
    told_at     timestamptz NOT NULL,
    public_from timestamptz,
    title       text NOT NULL,
    text        text NOT NULL,
    moment      timestamptz,
    begin_ms    bigint,
    cues        jsonb NOT NULL DEFAULT '[]',
    words       tsvector NOT NULL,
    PRIMARY KEY (kind, source_id, part)
);
-- Ranking reads the words of thousands of passages: they stand in the row as they are, its text and cues elsewhere.
ALTER TABLE council_search_entry ALTER COLUMN words SET STORAGE MAIN, SET (toast_tuple_target = 1400);
CREATE INDEX council_search_entry_words ON council_search_entry USING gin (words) WITH (fastupdate = off);
CREATE INDEX council_search_entry_session ON council_search_entry (session_id);
COMMENT ON COLUMN council_search_entry.public_from IS 'Not found before; empty: at once';
COMMENT ON COLUMN council_search_entry.moment IS 'When it happened, on the clock: the recording is entered there';
COMMENT ON COLUMN council_search_entry.begin_ms IS 'Of a passage: its first cue on the timeline of the whole recording';
COMMENT ON COLUMN council_search_entry.cues IS 'Of a passage: [first character in the text, begin_ms] of each cue';

-- What has changed since it was indexed. Written in the transaction of the change, whoever makes it, and append-only:
-- no writer waits for the index, and a change that commits while a row is read leaves a line of its own.
CREATE TABLE council_search_stale (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind      text NOT NULL,
    source_id bigint NOT NULL,
    part      integer
);
COMMENT ON COLUMN council_search_stale.part IS 'Empty: all of it';

-- What may be found, and only that: the one place that says what is public. The index is made of its rows.
-- A transcript is cut into passages of 45 s by the beginning of its cues.
CREATE VIEW council_search_source AS
SELECT 'session' AS kind, id AS source_id, 0 AS part, id AS session_id, coalesce(started_at, planned_at) AS told_at,
    NULL::timestamptz AS public_from, title, concat_ws(' ', number, place) AS text,
    NULL::timestamptz AS moment, NULL::jsonb AS cues
FROM council_session
UNION ALL
SELECT 'item', agenda_item.id, 0, session_id, coalesce(began_at, started_at, planned_at), NULL, agenda_item.title, '',
    began_at, NULL
FROM agenda_item JOIN council_session ON council_session.id = session_id
UNION ALL
SELECT 'paper', council_paper.id, 0, council_paper.session_id, council_paper.created_at,
    CASE WHEN audience = 'councillors' THEN public_from END, council_paper.title, coalesce(agenda_item.title, ''),
    NULL, NULL
FROM council_paper LEFT JOIN agenda_item ON agenda_item.id = item_id
WHERE removed_at IS NULL AND (audience = 'public' OR public_from IS NOT NULL)
UNION ALL
SELECT 'vote', council_vote.id, 0, council_vote.session_id, closed_at, NULL, council_vote.title,
    coalesce(agenda_item.title, ''), opened_at, NULL
FROM council_vote LEFT JOIN agenda_item ON agenda_item.id = item_id
WHERE council_vote.state = 'closed'
UNION ALL
SELECT 'speech', council_speech.id, 0, council_speech.session_id, council_speech.began_at, NULL,
    council_speech.speaker, concat_ws(', ', nullif(club, ''), nullif(role, ''), agenda_item.title),
    council_speech.began_at, NULL
FROM council_speech LEFT JOIN agenda_item ON agenda_item.id = item_id
WHERE council_speech.state IN ('speaking', 'spoken') AND NOT EXISTS (
    SELECT FROM council_interval_seen AS closed
    WHERE closed.session_id = council_speech.session_id AND closed.kind = 'closed'
        AND closed.began_at <= council_speech.began_at
        AND (closed.ended_at IS NULL OR closed.ended_at > council_speech.began_at)
)
UNION ALL
SELECT 'resolution', id, 0, session_id, passed_on::timestamptz, NULL, title, concat_ws(' ', number, remark), NULL, NULL
FROM council_resolution
UNION ALL
SELECT 'interpellation', council_interpellation.id, 0, session_id, submitted_on::timestamptz, NULL, title,
    concat_ws(E'\n', councillor.name, council_interpellation.body, (
        SELECT string_agg(concat_ws(E'\n', author, council_answer.body), E'\n' ORDER BY council_answer.id)
        FROM council_answer WHERE interpellation_id = council_interpellation.id
    )), NULL, NULL
FROM council_interpellation JOIN councillor ON councillor.id = councillor_id
UNION ALL
SELECT 'transcript', track_id, (begin_ms / 45000)::integer, caption_public.session_id,
    coalesce(min(started_at), min(planned_at)), NULL, min(council_session.title), '', NULL,
    jsonb_agg(jsonb_build_array(begin_ms, speaker, text) ORDER BY begin_ms, caption_cue.id)
FROM caption_public
    JOIN caption_cue USING (track_id)
    JOIN council_session ON council_session.id = caption_public.session_id
-- what was muted in the published copy is not read either
WHERE NOT EXISTS (
    SELECT FROM recording_redaction
    WHERE recording_redaction.stream_id = council_session.stream_id AND recording_redaction.state = 'published' AND mute
        AND begin_ms < end_90k / 90 AND end_ms > begin_90k / 90
)
GROUP BY track_id, begin_ms / 45000, caption_public.session_id;

-- Trigger of a table whose rows are found: arguments are the kind, and the column that holds the source's id.
CREATE FUNCTION council_search_mark() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
    after bigint;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        before := (to_jsonb(OLD) ->> TG_ARGV[1])::bigint;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        after := (to_jsonb(NEW) ->> TG_ARGV[1])::bigint;
    END IF;
    INSERT INTO council_search_stale (kind, source_id)
        SELECT DISTINCT TG_ARGV[0], id FROM unnest(ARRAY[before, after]) AS id WHERE id IS NOT NULL;
    RETURN NULL;
END
$$;

CREATE TRIGGER council_session_found AFTER INSERT OR DELETE OR UPDATE OF number, title, place, planned_at, started_at
    ON council_session FOR EACH ROW EXECUTE FUNCTION council_search_mark('session', 'id');
CREATE TRIGGER agenda_item_found AFTER INSERT OR DELETE OR UPDATE OF number, title, began_at
    ON agenda_item FOR EACH ROW EXECUTE FUNCTION council_search_mark('item', 'id');
CREATE TRIGGER council_paper_found AFTER INSERT OR DELETE OR UPDATE OF title, item_id, audience, public_from, removed_at
    ON council_paper FOR EACH ROW EXECUTE FUNCTION council_search_mark('paper', 'id');
CREATE TRIGGER council_vote_found AFTER INSERT OR DELETE OR UPDATE OF state, title, item_id
    ON council_vote FOR EACH ROW EXECUTE FUNCTION council_search_mark('vote', 'id');
CREATE TRIGGER council_speech_found AFTER INSERT OR DELETE OR UPDATE OF state, speaker, club, role, item_id, began_at
    ON council_speech FOR EACH ROW EXECUTE FUNCTION council_search_mark('speech', 'id');
CREATE TRIGGER council_resolution_found AFTER INSERT OR DELETE OR UPDATE
    ON council_resolution FOR EACH ROW EXECUTE FUNCTION council_search_mark('resolution', 'id');
CREATE TRIGGER council_interpellation_found AFTER INSERT OR DELETE OR UPDATE
    ON council_interpellation FOR EACH ROW EXECUTE FUNCTION council_search_mark('interpellation', 'id');
CREATE TRIGGER council_answer_found AFTER INSERT OR DELETE OR UPDATE
    ON council_answer FOR EACH ROW EXECUTE FUNCTION council_search_mark('interpellation', 'interpellation_id');

-- What takes a name or a date from another row.
CREATE FUNCTION council_search_mark_session_parts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO council_search_stale (kind, source_id)
        SELECT 'item', id FROM agenda_item WHERE session_id = NEW.id
        UNION ALL SELECT 'transcript', track_id FROM caption_public WHERE session_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER council_session_parts_found AFTER UPDATE OF title, planned_at, started_at ON council_session
    FOR EACH ROW WHEN ((OLD.title, OLD.planned_at, OLD.started_at) IS DISTINCT FROM (NEW.title, NEW.planned_at, NEW.started_at))
    EXECUTE FUNCTION council_search_mark_session_parts();

CREATE FUNCTION council_search_mark_item_parts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO council_search_stale (kind, source_id)
        SELECT 'paper', id FROM council_paper WHERE item_id = NEW.id
        UNION ALL SELECT 'vote', id FROM council_vote WHERE item_id = NEW.id
        UNION ALL SELECT 'speech', id FROM council_speech WHERE item_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER agenda_item_parts_found AFTER UPDATE OF title ON agenda_item
    FOR EACH ROW WHEN (OLD.title IS DISTINCT FROM NEW.title) EXECUTE FUNCTION council_search_mark_item_parts();

CREATE FUNCTION council_search_mark_councillor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO council_search_stale (kind, source_id)
        SELECT 'interpellation', id FROM council_interpellation WHERE councillor_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER councillor_found AFTER UPDATE OF name ON councillor
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION council_search_mark_councillor();

-- One version of captions takes another one's place, or gives it back to what was typed live.
CREATE FUNCTION council_search_mark_tracks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO council_search_stale (kind, source_id) VALUES ('transcript', OLD.id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO council_search_stale (kind, source_id)
            SELECT 'transcript', id FROM caption_track
            WHERE session_id = NEW.session_id AND language = NEW.language
                AND (id = NEW.id OR state IN ('published', 'replaced') OR kind = 'live');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER caption_track_found AFTER INSERT OR DELETE OR UPDATE OF state, language, kind ON caption_track
    FOR EACH ROW EXECUTE FUNCTION council_search_mark_tracks();

-- A closed part hides who spoke in it, a redaction what was said in its span.
CREATE FUNCTION council_search_mark_interval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO council_search_stale (kind, source_id)
        SELECT 'speech', id FROM council_speech
        WHERE session_id = coalesce(NEW.session_id, OLD.session_id) AND began_at IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER council_interval_found AFTER INSERT OR UPDATE OR DELETE ON council_interval
    FOR EACH ROW EXECUTE FUNCTION council_search_mark_interval();

CREATE FUNCTION council_search_mark_redaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO council_search_stale (kind, source_id)
        SELECT 'transcript', track_id
        FROM caption_public JOIN council_session ON council_session.id = caption_public.session_id
        WHERE stream_id = coalesce(NEW.stream_id, OLD.stream_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER recording_redaction_found AFTER INSERT OR DELETE OR UPDATE OF state, mute, begin_90k, end_90k
    ON recording_redaction FOR EACH ROW EXECUTE FUNCTION council_search_mark_redaction();

-- Cues come by the thousand: a statement marks its passages once. Those of drafts too: one may be published meanwhile.
CREATE FUNCTION council_search_mark_cues() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO council_search_stale (kind, source_id, part)
        SELECT DISTINCT 'transcript', track_id, (begin_ms / 45000)::integer FROM changed;
    RETURN NULL;
END
$$;
CREATE TRIGGER caption_cue_found AFTER INSERT ON caption_cue REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION council_search_mark_cues();
CREATE TRIGGER caption_cue_found_anew AFTER UPDATE ON caption_cue REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION council_search_mark_cues();
CREATE TRIGGER caption_cue_moved AFTER UPDATE ON caption_cue REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION council_search_mark_cues();
CREATE TRIGGER caption_cue_lost AFTER DELETE ON caption_cue REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION council_search_mark_cues();

-- what was there before the index
INSERT INTO council_search_stale (kind, source_id) SELECT DISTINCT kind, source_id FROM council_search_source;
