-- Uploaded video and sound: from the stored file to a recording that plays at /recordings/<stream_id>/index.m3u8.

CREATE TABLE media_upload (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_id uuid NOT NULL REFERENCES file (id),
    -- token under which it plays; its rows in `recording` are there once the state is `ready`
    stream_id text NOT NULL UNIQUE,
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'looking', 'converting', 'ready', 'failed', 'cancelled')),
    -- stable word of why it failed; empty while it has not
    failure text NOT NULL DEFAULT '',
    percent smallint NOT NULL DEFAULT 0 CHECK (percent BETWEEN 0 AND 100),
    duration_90k bigint NOT NULL DEFAULT 0,
    width integer NOT NULL DEFAULT 0,
    height integer NOT NULL DEFAULT 0,
    has_sound boolean NOT NULL DEFAULT false,
    -- whether picture or sound had to be encoded anew
    encoded boolean NOT NULL DEFAULT false,
    -- the uploader's, for what is told in a live room
    language text NOT NULL,
    rev bigint NOT NULL DEFAULT 1,
    created_by bigint REFERENCES account (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX media_upload_waiting ON media_upload (id) WHERE state IN ('waiting', 'looking', 'converting');
CREATE INDEX media_upload_created_by ON media_upload (created_by);

CREATE TABLE media_upload_captions (
    upload_id bigint NOT NULL REFERENCES media_upload ON DELETE CASCADE,
    number integer NOT NULL,
    language text NOT NULL,
    label text NOT NULL,
    -- found inside the uploaded file
    embedded boolean NOT NULL,
    vtt text NOT NULL,
    PRIMARY KEY (upload_id, number)
);
