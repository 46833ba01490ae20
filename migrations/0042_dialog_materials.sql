-- Materials of a consultation: what people should read, see and hear before they say something.

CREATE TABLE material (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id       bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    ordinal        integer NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('text', 'file', 'link')),
    title          text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    summary        text NOT NULL DEFAULT '' CHECK (length(summary) <= 1000),
    alt            text NOT NULL DEFAULT '' CHECK (length(alt) <= 1000),
    slides         boolean NOT NULL DEFAULT false,
    removed_at     timestamptz,
    removal_reason text NOT NULL DEFAULT '' CHECK (length(removal_reason) <= 500),
    created_by     bigint REFERENCES account ON DELETE SET NULL,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    rev            bigint NOT NULL DEFAULT 1,
    CHECK ((removed_at IS NULL) OR (removal_reason <> ''))
);
CREATE INDEX material_of ON material (block_id, ordinal);
COMMENT ON COLUMN material.alt IS 'What a picture shows, in words: needed for pictures';
COMMENT ON COLUMN material.slides IS 'Shown page by page, as a presentation';

-- Another content is another version; the older ones stay within reach until the material is removed.
CREATE TABLE material_version (
    material_id bigint NOT NULL REFERENCES material ON DELETE CASCADE,
    number      integer NOT NULL,
    text        text NOT NULL DEFAULT '' CHECK (length(text) <= 50000),
    link        text NOT NULL DEFAULT '' CHECK (length(link) <= 2000),
    file_id     uuid REFERENCES file,
    name        text NOT NULL DEFAULT '',
    type        text NOT NULL DEFAULT '',
    bytes       bigint NOT NULL DEFAULT 0,
    sha256      text NOT NULL DEFAULT '',
    upload_id   bigint REFERENCES media_upload ON DELETE SET NULL,
    preview     text NOT NULL DEFAULT 'none' CHECK (preview IN ('none', 'waiting', 'ready', 'failed')),
    preview_id  uuid REFERENCES file,
    note        text NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    added_by    bigint REFERENCES account ON DELETE SET NULL,
    added_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (material_id, number),
    CHECK ((preview = 'ready') = (preview_id IS NOT NULL))
);
CREATE INDEX material_version_file ON material_version (file_id);
CREATE INDEX material_version_preview ON material_version (preview_id);
CREATE INDEX material_version_upload ON material_version (upload_id);
COMMENT ON COLUMN material_version.upload_id IS 'Sound and films: what the media core makes of the file';
COMMENT ON COLUMN material_version.preview IS 'Of office files: a PDF to look at, made where LibreOffice is installed';
