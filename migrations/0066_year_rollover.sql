-- From one school year to the next: what was made, so that it can be taken back until the year begins.

CREATE TABLE year_rollover (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id    bigint NOT NULL REFERENCES school,
    from_year_id bigint NOT NULL,
    to_year_id   bigint NOT NULL,
    leavers      bigint[] NOT NULL DEFAULT '{}',
    done_by      bigint REFERENCES account ON DELETE SET NULL,
    done_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (school_id, id),
    UNIQUE (from_year_id),
    FOREIGN KEY (school_id, from_year_id) REFERENCES school_year (school_id, id),
    FOREIGN KEY (school_id, to_year_id) REFERENCES school_year (school_id, id)
);
COMMENT ON COLUMN year_rollover.leavers IS 'Pupils whose last day it has set';

SELECT school_tenant('year_rollover');
