-- Secret ballots on paper, and votes that are withheld while a part of the session is closed to the public.

-- On paper nobody's ballot is ours: no row of council_voter stands for it. The counting committee (komisja skrutacyjna)
-- counts, the clerk enters. With candidates `votes_for` is the first one's number and `votes_against` all the others'.
ALTER TABLE council_vote
    ADD COLUMN paper boolean NOT NULL DEFAULT false CHECK (secret OR NOT paper),
    ADD COLUMN candidates text[] NOT NULL DEFAULT '{}' CHECK (paper OR candidates = '{}'),
    ADD COLUMN candidate_votes integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN committee text[] NOT NULL DEFAULT '{}',
    ADD COLUMN ballots_given integer NOT NULL DEFAULT 0,
    ADD COLUMN ballots_returned integer NOT NULL DEFAULT 0,
    ADD COLUMN ballots_invalid integer NOT NULL DEFAULT 0,
    ADD COLUMN published_at timestamptz,
    ADD CHECK (ballots_returned <= ballots_given AND ballots_invalid <= ballots_returned),
    ADD CHECK (NOT paper OR state <> 'closed' OR voted + ballots_invalid = ballots_returned),
    ADD CHECK (NOT paper OR state <> 'closed' OR cardinality(candidates) = cardinality(candidate_votes));
COMMENT ON COLUMN council_vote.published_at IS 'The clerk made it public while the part it was held in was still closed';

-- What was put right in a count by paper after its close. `before` and `after`: the committee's figures.
CREATE TABLE council_paper_correction (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vote_id      bigint NOT NULL REFERENCES council_vote ON DELETE CASCADE,
    before       text NOT NULL,
    after        text NOT NULL,
    reason       text NOT NULL CHECK (reason <> ''),
    corrected_by bigint REFERENCES account ON DELETE SET NULL,
    corrected_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX council_paper_correction_vote ON council_paper_correction (vote_id, id);

-- Votes that went on at any moment of a closed part which has not ended. Whoever reads for the public leaves them out.
CREATE VIEW council_vote_withheld AS
SELECT vote.id AS vote_id
FROM council_vote AS vote
    JOIN council_interval_seen AS part ON part.session_id = vote.session_id AND part.kind = 'closed' AND part.ended_at IS NULL
WHERE vote.published_at IS NULL AND (vote.closed_at IS NULL OR vote.closed_at >= part.began_at);

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
WHERE council_vote.state = 'closed' AND council_vote.id NOT IN (SELECT vote_id FROM council_vote_withheld)
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

-- A closed part that begins, ends or whose session ends changes what may be found; so does publishing a vote.
CREATE FUNCTION council_search_mark_withheld() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO council_search_stale (kind, source_id) SELECT 'vote', id FROM council_vote WHERE session_id = NEW.session_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER council_interval_votes_found AFTER INSERT OR UPDATE OF ended_at ON council_interval
    FOR EACH ROW WHEN (NEW.kind = 'closed') EXECUTE FUNCTION council_search_mark_withheld();
CREATE TRIGGER council_vote_published_found AFTER UPDATE OF published_at ON council_vote
    FOR EACH ROW EXECUTE FUNCTION council_search_mark('vote', 'id');
