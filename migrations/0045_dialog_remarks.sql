-- Drafts with remarks: versions of a document, remarks on its paragraphs, the office's position to each remark.

-- A version of a block's document. It never changes: another wording is another version.
CREATE TABLE remark_version (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id   bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    number     integer NOT NULL CHECK (number > 0),
    title      text NOT NULL DEFAULT '' CHECK (length(title) <= 300),
    note       text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
    created_by bigint REFERENCES account ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (block_id, number)
);
COMMENT ON COLUMN remark_version.note IS 'What has changed since the version before, in the office''s words';

CREATE TABLE remark_paragraph (
    version_id   bigint NOT NULL REFERENCES remark_version ON DELETE CASCADE,
    ordinal      integer NOT NULL,
    paragraph_id uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('heading', 'text')),
    level        smallint NOT NULL CHECK (level BETWEEN 0 AND 6),
    label        text NOT NULL DEFAULT '' CHECK (length(label) <= 60),
    place        text NOT NULL DEFAULT '' CHECK (length(place) <= 120),
    text         text NOT NULL CHECK (length(text) <= 20000),
    PRIMARY KEY (version_id, ordinal),
    UNIQUE (version_id, paragraph_id)
);
COMMENT ON COLUMN remark_paragraph.paragraph_id IS 'The same in every version in which it is the same paragraph, reworded or moved';
COMMENT ON COLUMN remark_paragraph.place IS 'How it is cited: § 3 ust. 2 pkt 1';

CREATE FUNCTION fn_remark_paragraph_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'paragraphs of a version never change';
END $$;
CREATE TRIGGER tg_remark_paragraph_fixed BEFORE UPDATE ON remark_paragraph
    FOR EACH ROW EXECUTE FUNCTION fn_remark_paragraph_fixed();

-- A remark (uwaga). Where it stands in each version is in remark_anchor.
CREATE TABLE remark (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id       bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    version_id     bigint NOT NULL REFERENCES remark_version ON DELETE CASCADE,
    participant_id bigint NOT NULL REFERENCES consultation_participant ON DELETE CASCADE,
    quote          text NOT NULL DEFAULT '' CHECK (length(quote) <= 2000),
    prefix         text NOT NULL DEFAULT '' CHECK (length(prefix) <= 32),
    suffix         text NOT NULL DEFAULT '' CHECK (length(suffix) <= 32),
    text           text NOT NULL CHECK (length(text) BETWEEN 1 AND 4000),
    proposal       text NOT NULL DEFAULT '' CHECK (length(proposal) <= 4000),
    paper          boolean NOT NULL DEFAULT false,
    made_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    edited_at      timestamptz,
    state          text NOT NULL DEFAULT 'shown' CHECK (state IN ('shown', 'hidden', 'withdrawn')),
    reason         text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    position       text NOT NULL DEFAULT '' CHECK (position IN ('', 'accepted', 'partly', 'rejected', 'explained')),
    answer         text NOT NULL DEFAULT '' CHECK (length(answer) <= 4000),
    answered_at    timestamptz,
    rev            bigint NOT NULL DEFAULT 1,
    CHECK ((state = 'hidden') <= (reason <> '')),
    CHECK ((position = '') = (answered_at IS NULL))
);
CREATE INDEX remark_of ON remark (block_id, id);
CREATE INDEX remark_participant ON remark (participant_id);
CREATE INDEX remark_version_of ON remark (version_id);
COMMENT ON COLUMN remark.version_id IS 'The version the person had before them';
COMMENT ON COLUMN remark.quote IS 'The words that were selected; empty: the whole paragraph';
COMMENT ON COLUMN remark.prefix IS 'Up to 32 characters before the quote, suffix: after it';
COMMENT ON COLUMN remark.made_at IS 'Of a remark on paper: when it came in';
COMMENT ON COLUMN remark.position IS 'Of the office (stanowisko): uwzględniona, częściowo, nieuwzględniona, wyjaśnienie';

-- Where a remark stands in a version. Without paragraph: it lost its place there.
CREATE TABLE remark_anchor (
    remark_id    bigint NOT NULL REFERENCES remark ON DELETE CASCADE,
    version_id   bigint NOT NULL REFERENCES remark_version ON DELETE CASCADE,
    paragraph_id uuid,
    starts       integer NOT NULL DEFAULT 0,
    ends         integer NOT NULL DEFAULT 0,
    how          text NOT NULL CHECK (how IN ('exact', 'context', 'fuzzy', 'orphan')),
    PRIMARY KEY (remark_id, version_id),
    CHECK ((how = 'orphan') = (paragraph_id IS NULL)),
    CHECK (starts BETWEEN 0 AND ends)
);
CREATE INDEX remark_anchor_version ON remark_anchor (version_id, paragraph_id);
COMMENT ON COLUMN remark_anchor.starts IS 'In characters of the paragraph''s text; starts = ends: the whole paragraph';

-- What a remark said before its author changed it.
CREATE TABLE remark_wording (
    remark_id bigint NOT NULL REFERENCES remark ON DELETE CASCADE,
    number    integer NOT NULL,
    text      text NOT NULL,
    proposal  text NOT NULL,
    until     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (remark_id, number)
);
