-- Messages inside the register. A talk is between two people, or among staff, and whoever is in it reads all of it. A
-- broadcast is one message to many who do not see one another; an answer to it begins a talk with its author.

CREATE TABLE message_thread (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id     bigint NOT NULL REFERENCES school,
    kind          text NOT NULL CHECK (kind IN ('talk', 'broadcast')),
    subject       text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
    audience      text NOT NULL DEFAULT '',
    to_confirm    boolean NOT NULL DEFAULT false,
    answers_id    bigint,
    begun_at      timestamptz NOT NULL DEFAULT now(),
    reminded_at   timestamptz,
    folded        text GENERATED ALWAYS AS (plain_letters(subject)) STORED,
    rev           integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    FOREIGN KEY (school_id, answers_id) REFERENCES message_thread (school_id, id)
);
COMMENT ON COLUMN message_thread.audience IS 'To whom, in words: of a broadcast, whose recipients are not named to one another';
COMMENT ON COLUMN message_thread.answers_id IS 'The broadcast that this talk answers';

-- Who is in a thread, as what. `through`: pupils on whose account a guardian is in it; once none of them is the guardian's
-- any more, the guardian is out of it.
CREATE TABLE message_member (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id    bigint NOT NULL,
    thread_id    bigint NOT NULL,
    staff_id     bigint,
    guardian_id  bigint,
    pupil_id     bigint,
    through      bigint[] NOT NULL DEFAULT '{}',
    is_author    boolean NOT NULL DEFAULT false,
    read_to      bigint NOT NULL DEFAULT 0,
    read_at      timestamptz,
    confirmed_at timestamptz,
    rev          integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    UNIQUE NULLS NOT DISTINCT (thread_id, staff_id, guardian_id, pupil_id),
    CHECK (num_nonnulls(staff_id, guardian_id, pupil_id) = 1),
    FOREIGN KEY (school_id, thread_id) REFERENCES message_thread (school_id, id) ON DELETE CASCADE,
    FOREIGN KEY (school_id, staff_id) REFERENCES staff (school_id, id),
    FOREIGN KEY (school_id, guardian_id) REFERENCES guardian (school_id, id) ON DELETE CASCADE,
    FOREIGN KEY (school_id, pupil_id) REFERENCES pupil (school_id, id)
);
COMMENT ON COLUMN message_member.read_to IS 'The newest message of the thread that was read';
CREATE INDEX message_member_staff ON message_member (staff_id) WHERE staff_id IS NOT NULL;
CREATE INDEX message_member_guardian ON message_member (guardian_id) WHERE guardian_id IS NOT NULL;
CREATE INDEX message_member_pupil ON message_member (pupil_id) WHERE pupil_id IS NOT NULL;

CREATE TABLE message (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id bigint NOT NULL,
    thread_id bigint NOT NULL,
    member_id bigint NOT NULL,
    text      text NOT NULL CHECK (length(text) BETWEEN 1 AND 10000),
    at        timestamptz NOT NULL DEFAULT now(),
    folded    text GENERATED ALWAYS AS (plain_letters(text)) STORED,
    UNIQUE (school_id, id),
    FOREIGN KEY (school_id, thread_id) REFERENCES message_thread (school_id, id) ON DELETE CASCADE,
    FOREIGN KEY (school_id, member_id) REFERENCES message_member (school_id, id)
);
CREATE INDEX message_of ON message (thread_id, id);

CREATE TABLE message_file (
    school_id  bigint NOT NULL,
    message_id bigint NOT NULL,
    file_id    uuid NOT NULL REFERENCES file,
    place      smallint NOT NULL,
    PRIMARY KEY (message_id, place),
    FOREIGN KEY (school_id, message_id) REFERENCES message (school_id, id) ON DELETE CASCADE
);
CREATE INDEX message_file_file ON message_file (file_id);

SELECT school_tenant(one) FROM unnest(ARRAY['message_thread', 'message_member', 'message', 'message_file']::regclass[]) AS one;

-- Members with who they are: `present` is whether they may read it today.
CREATE VIEW message_reader WITH (security_invoker = true) AS
SELECT m.id, m.school_id, m.thread_id, m.staff_id, m.guardian_id, m.pupil_id, m.through, m.is_author, m.read_to, m.read_at,
       m.confirmed_at, m.rev,
       CASE WHEN m.staff_id IS NOT NULL THEN 'staff' WHEN m.guardian_id IS NOT NULL THEN 'guardian' ELSE 'pupil' END AS kind,
       coalesce(s.first_name || ' ' || s.last_name, g.first_name || ' ' || g.last_name, p.first_name || ' ' || p.last_name) AS name,
       coalesce(s.sort_key, g.sort_key, p.sort_key) AS sort_key,
       coalesce(s.account_id, g.account_id, p.account_id) AS account_id,
       CASE WHEN m.staff_id IS NOT NULL THEN s.during @> school_today()
            WHEN m.pupil_id IS NOT NULL THEN p.left_on IS NULL OR p.left_on > school_today()
            ELSE EXISTS (SELECT FROM guardianship r WHERE r.guardian_id = m.guardian_id AND r.during @> school_today()
                            AND (m.through = '{}' OR r.pupil_id = ANY (m.through))) END AS present
  FROM message_member m
  LEFT JOIN staff s ON s.id = m.staff_id
  LEFT JOIN guardian g ON g.id = m.guardian_id
  LEFT JOIN pupil p ON p.id = m.pupil_id;
GRANT SELECT ON message_reader TO gryf_schools;
