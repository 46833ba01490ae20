-- Slides of a live meeting: what the presenter shows now, and when each page was shown.

CREATE TABLE meeting_presentation (
    block_id     bigint PRIMARY KEY REFERENCES consultation_block ON DELETE CASCADE,
    material_id  bigint REFERENCES material ON DELETE SET NULL,
    version      integer NOT NULL DEFAULT 0,
    page         integer NOT NULL DEFAULT 1 CHECK (page BETWEEN 1 AND 5000),
    hand_id      bigint REFERENCES meeting_hand ON DELETE SET NULL,
    rev          bigint NOT NULL DEFAULT 1
);
COMMENT ON COLUMN meeting_presentation.material_id IS 'Empty: no slides are shown';
COMMENT ON COLUMN meeting_presentation.hand_id IS 'Whom the host has named to turn the pages, beside those who lead';

CREATE TABLE meeting_slide (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id    bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    material_id bigint REFERENCES material ON DELETE SET NULL,
    version     integer NOT NULL DEFAULT 0,
    page        integer NOT NULL DEFAULT 0,
    shown_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX meeting_slide_of ON meeting_slide (block_id, id);
COMMENT ON COLUMN meeting_slide.page IS '0: the slides were closed';
