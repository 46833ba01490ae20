-- What is saved of a school year: one ZIP of XML with checksums, made by a job. § 22 of the regulation of 25 August 2017: within
-- ten days of the year's end.
CREATE TABLE school_archive (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id   bigint NOT NULL REFERENCES school,
    year_id     bigint NOT NULL,
    asked_by    text NOT NULL,
    asked_at    timestamptz NOT NULL DEFAULT now(),
    job_id      bigint,
    finished_at timestamptz,
    file_id     uuid REFERENCES file,
    sha256      text NOT NULL DEFAULT '',
    bytes       bigint NOT NULL DEFAULT 0,
    lines       bigint NOT NULL DEFAULT 0,
    rev         integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    CHECK ((finished_at IS NULL) = (file_id IS NULL)),
    FOREIGN KEY (school_id, year_id) REFERENCES school_year (school_id, id)
);
COMMENT ON COLUMN school_archive.sha256 IS 'Of the file; told on the page, so that a copy can be compared years later';
CREATE INDEX school_archive_year ON school_archive (year_id);
SELECT school_tenant('school_archive');
REVOKE DELETE ON school_archive FROM gryf_schools;
