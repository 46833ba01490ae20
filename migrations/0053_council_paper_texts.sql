-- Words of papers, read from their files: the newest version's alone.

CREATE TABLE council_paper_text (
    paper_id bigint NOT NULL REFERENCES council_paper ON DELETE CASCADE,
    number   integer NOT NULL,
    -- why there are none; empty: they are in council_paper_passage
    reason   text NOT NULL CHECK (reason IN ('', 'kind', 'scan', 'locked', 'broken', 'too_large', 'too_demanding')),
    read_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (paper_id, number)
);
CREATE TABLE council_paper_passage (
    paper_id bigint NOT NULL,
    number   integer NOT NULL,
    part     integer NOT NULL CHECK (part > 0),
    -- in files that have pages
    page     integer CHECK (page > 0),
    text     text NOT NULL,
    PRIMARY KEY (paper_id, part),
    FOREIGN KEY (paper_id, number) REFERENCES council_paper_text ON DELETE CASCADE
);

ALTER TABLE council_search_entry ADD COLUMN page integer;
COMMENT ON COLUMN council_search_entry.page IS 'Of a passage of a paper: where it stands in the file';

-- Once more what may be found: words of papers beside their titles, and of captions only what residents read.
CREATE OR REPLACE VIEW council_search_source AS
SELECT 'session' AS kind, id AS source_id, 0 AS part, id AS session_id, coalesce(started_at, planned_at) AS told_at,
    NULL::timestamptz AS public_from, title, concat_ws(' ', number, place) AS text,
    NULL::timestamptz AS moment, NULL::jsonb AS cues, NULL::integer AS page
FROM council_session
UNION ALL
SELECT 'item', agenda_item.id, 0, session_id, coalesce(began_at, started_at, planned_at), NULL, agenda_item.title, '',
    began_at, NULL, NULL
FROM agenda_item JOIN council_session ON council_session.id = session_id
UNION ALL
SELECT 'paper', council_paper.id, 0, council_paper.session_id, council_paper.created_at,
    CASE WHEN audience = 'councillors' THEN public_from END, council_paper.title, coalesce(agenda_item.title, ''),
    NULL, NULL, NULL
FROM council_paper LEFT JOIN agenda_item ON agenda_item.id = item_id
WHERE removed_at IS NULL AND (audience = 'public' OR public_from IS NOT NULL)
UNION ALL
SELECT 'paper', council_paper.id, passage.part, council_paper.session_id, council_paper.created_at,
    CASE WHEN audience = 'councillors' THEN public_from END, council_paper.title, passage.text, NULL, NULL, passage.page
FROM council_paper JOIN council_paper_passage AS passage ON passage.paper_id = council_paper.id
WHERE removed_at IS NULL AND (audience = 'public' OR public_from IS NOT NULL)
    AND passage.number = (SELECT max(number) FROM council_paper_version WHERE paper_id = council_paper.id)
UNION ALL
SELECT 'vote', council_vote.id, 0, council_vote.session_id, closed_at, NULL, council_vote.title,
    coalesce(agenda_item.title, ''), opened_at, NULL, NULL
FROM council_vote LEFT JOIN agenda_item ON agenda_item.id = item_id
WHERE council_vote.state = 'closed'
UNION ALL
SELECT 'speech', council_speech.id, 0, council_speech.session_id, council_speech.began_at, NULL,
    council_speech.speaker, concat_ws(', ', nullif(club, ''), nullif(role, ''), agenda_item.title),
    council_speech.began_at, NULL, NULL
FROM council_speech LEFT JOIN agenda_item ON agenda_item.id = item_id
WHERE council_speech.state IN ('speaking', 'spoken') AND NOT EXISTS (
    SELECT FROM council_interval_seen AS closed
    WHERE closed.session_id = council_speech.session_id AND closed.kind = 'closed'
        AND closed.began_at <= council_speech.began_at
        AND (closed.ended_at IS NULL OR closed.ended_at > council_speech.began_at)
)
UNION ALL
SELECT 'resolution', id, 0, session_id, passed_on::timestamptz, NULL, title, concat_ws(' ', number, remark), NULL, NULL,
    NULL
FROM council_resolution
UNION ALL
SELECT 'interpellation', council_interpellation.id, 0, session_id, submitted_on::timestamptz, NULL, title,
    concat_ws(E'\n', councillor.name, council_interpellation.body, (
        SELECT string_agg(concat_ws(E'\n', author, council_answer.body), E'\n' ORDER BY council_answer.id)
        FROM council_answer WHERE interpellation_id = council_interpellation.id
    )), NULL, NULL, NULL
FROM council_interpellation JOIN councillor ON councillor.id = councillor_id
UNION ALL
SELECT 'transcript', track_id, (begin_ms / 45000)::integer, caption_public.session_id,
    coalesce(min(started_at), min(planned_at)), NULL, min(council_session.title), '', NULL,
    jsonb_agg(jsonb_build_array(begin_ms, speaker, text) ORDER BY begin_ms, cue.id), NULL
FROM caption_public
    JOIN caption_judged AS cue USING (track_id)
    JOIN council_session ON council_session.id = caption_public.session_id
WHERE cue.withheld IS NULL
GROUP BY track_id, begin_ms / 45000, caption_public.session_id;

-- The words of a version are there, or a newer version is: then the old ones are not found any more.
CREATE TRIGGER council_paper_text_found AFTER INSERT OR DELETE ON council_paper_text
    FOR EACH ROW EXECUTE FUNCTION council_search_mark('paper', 'paper_id');
CREATE TRIGGER council_paper_version_found AFTER INSERT ON council_paper_version
    FOR EACH ROW EXECUTE FUNCTION council_search_mark('paper', 'paper_id');
