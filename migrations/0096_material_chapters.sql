-- Chapters of a film or a recording among the materials of a consultation.
ALTER TABLE material ADD COLUMN chapters text NOT NULL DEFAULT '' CHECK (length(chapters) <= 20000);
COMMENT ON COLUMN material.chapters IS 'A line each, as the office has written it: 1:02:30 What is planned';
