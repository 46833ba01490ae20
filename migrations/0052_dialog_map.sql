-- Maps in consultations: the clerk's categories and plan layers, what people put on the map, who endorses it.

CREATE TABLE map_category (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    name     text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    colour   text NOT NULL CHECK (colour IN ('navy', 'red', 'green', 'amber', 'sea', 'ink')),
    shape    text NOT NULL CHECK (shape IN ('circle', 'square', 'triangle', 'diamond', 'star', 'cross')),
    UNIQUE (block_id, name)
);

-- The office's outlines: GeoJSON, taken apart into single points, lines and areas.
CREATE TABLE map_layer (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id   bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    title      text NOT NULL CHECK (length(title) BETWEEN 1 AND 120),
    outlines   jsonb NOT NULL,
    created_by bigint REFERENCES account ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX map_layer_of ON map_layer (block_id, id);

CREATE TABLE map_entry (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id       bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    category_id    bigint NOT NULL REFERENCES map_category,
    participant_id bigint NOT NULL REFERENCES consultation_participant ON DELETE CASCADE,
    geometry       jsonb,
    address        text NOT NULL DEFAULT '' CHECK (length(address) <= 200),
    alignment      smallint NOT NULL DEFAULT 0 CHECK (alignment IN (-1, 0, 1)),
    text           text NOT NULL CHECK (length(text) BETWEEN 1 AND 4000),
    paper          boolean NOT NULL DEFAULT false,
    made_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    edited_at      timestamptz,
    state          text NOT NULL DEFAULT 'shown' CHECK (state IN ('shown', 'hidden', 'withdrawn')),
    reason         text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    rev            bigint NOT NULL DEFAULT 1,
    CHECK (geometry IS NOT NULL OR address <> ''),
    CHECK ((state = 'hidden') <= (reason <> ''))
);
CREATE INDEX map_entry_of ON map_entry (block_id, id);
CREATE INDEX map_entry_category ON map_entry (category_id);
CREATE INDEX map_entry_participant ON map_entry (participant_id);
COMMENT ON COLUMN map_entry.geometry IS 'GeoJSON: Point, LineString or Polygon of one ring; longitude first';
COMMENT ON COLUMN map_entry.address IS 'The place in words; enough where somebody does not use the map';
COMMENT ON COLUMN map_entry.made_at IS 'Of an entry on paper: when it came in';

CREATE TABLE map_endorsement (
    entry_id       bigint NOT NULL REFERENCES map_entry ON DELETE CASCADE,
    participant_id bigint NOT NULL REFERENCES consultation_participant ON DELETE CASCADE,
    PRIMARY KEY (entry_id, participant_id)
);
CREATE INDEX map_endorsement_of ON map_endorsement (participant_id);
