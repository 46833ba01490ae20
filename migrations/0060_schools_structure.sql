-- Schools: who is where, and the wall between schools.
--
-- Every table with a school_id is a tenant table: row-level security shows the rows of `app.school` alone and takes no
-- others, the tables' owner included. Work on them is done as gryf_schools, a role that owns nothing; a transaction
-- becomes it by set_config('role', 'gryf_schools', true), so that nothing stays in a connection of the pool.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Roles belong to the whole server: another database of it, or another process at this moment, may have made them.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['gryf_schools', 'gryf_city'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    NULL;
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'the account % may not make roles: let a superuser run CREATE ROLE % NOLOGIN; GRANT % TO %;',
                        current_user, wanted, wanted, current_user;
            END;
        END IF;
        IF NOT pg_has_role(current_user, wanted,
                           CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
            BEGIN
                EXECUTE format('GRANT %I TO %I', wanted, current_user);
            EXCEPTION WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'the account % may not become the role %: let a superuser run GRANT % TO %;',
                    current_user, wanted, wanted, current_user;
            END;
        END IF;
    END LOOP;
END
$$;

-- What an action needs beside the tenant tables: who people are, the audit log, jobs, events, mail, files, throttles.
GRANT SELECT (id, login, name, email, language, unit_id, disabled_at) ON account TO gryf_schools;
GRANT SELECT ON unit TO gryf_schools;
GRANT SELECT, INSERT ON audit_entry, audit_unsealed TO gryf_schools;
GRANT SELECT, INSERT, UPDATE, DELETE ON pgqueuer, pgqueuer_log, job_progress, throttle, mail, file,
    realtime_outbox, realtime_room, realtime_log, realtime_ack TO gryf_schools;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO gryf_schools;

CREATE FUNCTION current_school() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.school', true), '')::bigint;
COMMENT ON FUNCTION current_school IS 'NULLIF: on a connection that was used before, an unset setting reads as an empty text';

CREATE FUNCTION current_account() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.account', true), '')::bigint;

-- Each migration that makes a table with school_id ends with SELECT school_tenant('table');
CREATE FUNCTION school_tenant(made regclass, append_only boolean DEFAULT false) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', made);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', made);
    EXECUTE format('CREATE POLICY school ON %s USING (school_id = current_school()) WITH CHECK (school_id = current_school())', made);
    EXECUTE format('GRANT SELECT, INSERT%s ON %s TO gryf_schools', CASE WHEN append_only THEN '' ELSE ', UPDATE, DELETE' END, made);
    IF append_only THEN
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()', made);
    END IF;
END
$$;

-- Polish order without ICU, compared byte by byte: a < ą < b, l < ł < m, z < ź < ż. «~» stands behind every letter.
CREATE FUNCTION polish_key(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN replace(replace(replace(replace(replace(replace(replace(replace(replace(
        lower(translate(given, 'ĄĆĘŁŃÓŚŹŻ', 'ąćęłńóśźż')),
        'ą', 'a~'), 'ć', 'c~'), 'ę', 'e~'), 'ł', 'l~'), 'ń', 'n~'), 'ó', 'o~'), 'ś', 's~'), 'ź', 'z~'), 'ż', 'z~~');

CREATE FUNCTION plain_letters(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN lower(translate(given,
        'ĄĆĘŁŃÓŚŹŻąćęłńóśźżáàâäãåéèêëíìîïòôöõúùûüýčďěňřšťůžÁÀÂÄÉÈÊËÍÎÏÔÖÚÛÜČŠŽ',
        'acelnoszzacelnoszzaaaaaaeeeeiiiioooouuuuycdenrstuzaaaaeeeeiiioouuucsz'));
COMMENT ON FUNCTION plain_letters IS 'For searching: lower case, without diacritics, ł included';

-- A school itself is public knowledge (RSPO), so everybody may read its row; only its own people change it.
CREATE TABLE school (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rspo       text UNIQUE CHECK (rspo ~ '^[0-9]{1,8}$'),
    number     integer,
    name       text NOT NULL CHECK (name <> ''),
    short_name text NOT NULL CHECK (short_name <> ''),
    kind       text NOT NULL CHECK (kind IN ('preschool', 'primary', 'general', 'technical', 'vocational', 'special', 'complex', 'other')),
    unit_id    bigint REFERENCES unit,
    time_zone  text NOT NULL DEFAULT 'Europe/Warsaw',
    settings   jsonb NOT NULL DEFAULT '{}',
    rev        integer NOT NULL DEFAULT 1,
    UNIQUE (name)
);
ALTER TABLE school ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON school FOR SELECT USING (true);
CREATE POLICY own ON school FOR UPDATE USING (id = current_school());
GRANT SELECT, UPDATE ON school TO gryf_schools;

CREATE FUNCTION school_today() RETURNS date LANGUAGE sql STABLE
    RETURN (SELECT (now() AT TIME ZONE s.time_zone)::date FROM school s WHERE s.id = current_school());

CREATE TABLE school_year (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id        bigint NOT NULL REFERENCES school,
    name             text NOT NULL,
    starts_on        date NOT NULL,
    second_starts_on date NOT NULL,
    ends_on          date NOT NULL,
    week_a_on        date,
    closed_at        timestamptz,
    rev              integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    UNIQUE (school_id, name),
    CHECK (starts_on < second_starts_on AND second_starts_on < ends_on),
    EXCLUDE USING gist (school_id WITH =, daterange(starts_on, ends_on, '[]') WITH &&)
);
COMMENT ON COLUMN school_year.second_starts_on IS 'First day of the second semester (półrocze)';
COMMENT ON COLUMN school_year.week_a_on IS 'Any day of a week A; none: there is one kind of week';

-- Staff, pupils and guardians are of one school; `account_id` says who signs in, and may stand in several schools.
CREATE TABLE staff (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id   bigint NOT NULL REFERENCES school,
    account_id  bigint REFERENCES account ON DELETE SET NULL,
    first_name  text NOT NULL,
    last_name   text NOT NULL,
    short       text NOT NULL DEFAULT '',
    roles       text[] NOT NULL DEFAULT '{teacher}'
                CHECK (roles <@ ARRAY['teacher', 'principal', 'secretary', 'counsellor']),
    during      daterange NOT NULL DEFAULT daterange(NULL, NULL),
    sort_key    text COLLATE "C" GENERATED ALWAYS AS (polish_key(last_name || ' ' || first_name)) STORED,
    folded      text GENERATED ALWAYS AS (plain_letters(last_name || ' ' || first_name)) STORED,
    rev         integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    UNIQUE (school_id, account_id)
);
COMMENT ON COLUMN staff.short IS 'Initials that stand in timetables and beside marks';
COMMENT ON COLUMN staff.roles IS 'teacher (nauczyciel), principal (dyrektor), secretary (sekretariat), counsellor (pedagog). The homeroom teacher (wychowawca) is said by school_class';
CREATE INDEX staff_account ON staff (account_id);

CREATE TABLE pupil (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id   bigint NOT NULL REFERENCES school,
    account_id  bigint REFERENCES account ON DELETE SET NULL,
    first_name  text NOT NULL CHECK (first_name <> ''),
    second_name text NOT NULL DEFAULT '',
    last_name   text NOT NULL CHECK (last_name <> ''),
    pesel       text CHECK (pesel ~ '^[0-9]{11}$'),
    born_on     date,
    left_on     date,
    sort_key    text COLLATE "C" GENERATED ALWAYS AS (polish_key(last_name || ' ' || first_name)) STORED,
    folded      text GENERATED ALWAYS AS (plain_letters(last_name || ' ' || first_name)) STORED,
    rev         integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    UNIQUE (school_id, pesel),
    UNIQUE (school_id, account_id)
);
CREATE INDEX pupil_account ON pupil (account_id);

CREATE TABLE guardian (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id   bigint NOT NULL REFERENCES school,
    account_id  bigint REFERENCES account ON DELETE SET NULL,
    first_name  text NOT NULL,
    last_name   text NOT NULL,
    email       text NOT NULL DEFAULT '',
    phone       text NOT NULL DEFAULT '',
    sort_key    text COLLATE "C" GENERATED ALWAYS AS (polish_key(last_name || ' ' || first_name)) STORED,
    folded      text GENERATED ALWAYS AS (plain_letters(last_name || ' ' || first_name)) STORED,
    rev         integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    UNIQUE (school_id, account_id)
);
CREATE INDEX guardian_account ON guardian (account_id);

-- What a guardian may know of a pupil, from when until when: the end is the first day without it.
CREATE TABLE guardianship (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id   bigint NOT NULL REFERENCES school,
    guardian_id bigint NOT NULL,
    pupil_id    bigint NOT NULL,
    kind        text NOT NULL DEFAULT 'parent' CHECK (kind IN ('parent', 'legal', 'foster', 'other')),
    during      daterange NOT NULL DEFAULT daterange(NULL, NULL),
    FOREIGN KEY (school_id, guardian_id) REFERENCES guardian (school_id, id) ON DELETE CASCADE,
    FOREIGN KEY (school_id, pupil_id) REFERENCES pupil (school_id, id) ON DELETE CASCADE,
    EXCLUDE USING gist (guardian_id WITH =, pupil_id WITH =, during WITH &&)
);
CREATE INDEX guardianship_pupil ON guardianship (pupil_id);

CREATE TABLE school_class (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id   bigint NOT NULL REFERENCES school,
    year_id     bigint NOT NULL,
    level       smallint NOT NULL CHECK (level BETWEEN 0 AND 8),
    letter      text NOT NULL,
    name        text GENERATED ALWAYS AS (level::text || letter) STORED,
    homeroom_id bigint,
    building    text NOT NULL DEFAULT '',
    rev         integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    UNIQUE (year_id, level, letter),
    FOREIGN KEY (school_id, year_id) REFERENCES school_year (school_id, id),
    FOREIGN KEY (school_id, homeroom_id) REFERENCES staff (school_id, id)
);
COMMENT ON TABLE school_class IS 'A class (oddział) of one year; next year it is another row';
CREATE INDEX school_class_homeroom ON school_class (homeroom_id);

-- A pupil is never in two classes at once; the end of a range is the first day outside of it.
CREATE TABLE class_membership (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id bigint NOT NULL REFERENCES school,
    pupil_id  bigint NOT NULL,
    class_id  bigint NOT NULL,
    during    daterange NOT NULL CHECK (NOT isempty(during)),
    number    smallint,
    FOREIGN KEY (school_id, pupil_id) REFERENCES pupil (school_id, id),
    FOREIGN KEY (school_id, class_id) REFERENCES school_class (school_id, id),
    CONSTRAINT class_membership_one_class EXCLUDE USING gist (pupil_id WITH =, during WITH &&)
);
COMMENT ON COLUMN class_membership.number IS 'Number in the register (numer w dzienniku)';
CREATE INDEX class_membership_class ON class_membership (class_id);
CREATE INDEX class_membership_pupil ON class_membership (pupil_id);

CREATE TABLE school_group (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id bigint NOT NULL REFERENCES school,
    year_id   bigint NOT NULL,
    class_id  bigint,
    name      text NOT NULL,
    rev       integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    UNIQUE NULLS NOT DISTINCT (year_id, class_id, name),
    FOREIGN KEY (school_id, year_id) REFERENCES school_year (school_id, id),
    FOREIGN KEY (school_id, class_id) REFERENCES school_class (school_id, id)
);
COMMENT ON COLUMN school_group.class_id IS 'The class it is a part of; none: its pupils come from several classes';

CREATE TABLE group_membership (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id bigint NOT NULL REFERENCES school,
    pupil_id  bigint NOT NULL,
    group_id  bigint NOT NULL,
    during    daterange NOT NULL CHECK (NOT isempty(during)),
    FOREIGN KEY (school_id, pupil_id) REFERENCES pupil (school_id, id),
    FOREIGN KEY (school_id, group_id) REFERENCES school_group (school_id, id),
    EXCLUDE USING gist (pupil_id WITH =, group_id WITH =, during WITH &&)
);
CREATE INDEX group_membership_group ON group_membership (group_id);
CREATE INDEX group_membership_pupil ON group_membership (pupil_id);

CREATE TABLE subject (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id bigint NOT NULL REFERENCES school,
    name      text NOT NULL,
    short     text NOT NULL DEFAULT '',
    position  smallint NOT NULL DEFAULT 100,
    UNIQUE (school_id, id),
    UNIQUE (school_id, name)
);

CREATE TABLE room (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id bigint NOT NULL REFERENCES school,
    name      text NOT NULL,
    building  text NOT NULL DEFAULT '',
    seats     smallint,
    UNIQUE (school_id, id),
    UNIQUE (school_id, name)
);

-- Who teaches what to whom, from when until when.
CREATE TABLE teaching (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id  bigint NOT NULL REFERENCES school,
    staff_id   bigint NOT NULL,
    subject_id bigint NOT NULL,
    class_id   bigint,
    group_id   bigint,
    kind       text NOT NULL DEFAULT 'teacher' CHECK (kind IN ('teacher', 'second', 'support')),
    during     daterange NOT NULL DEFAULT daterange(NULL, NULL),
    UNIQUE (school_id, id),
    CHECK (num_nonnulls(class_id, group_id) = 1),
    FOREIGN KEY (school_id, staff_id) REFERENCES staff (school_id, id),
    FOREIGN KEY (school_id, subject_id) REFERENCES subject (school_id, id),
    FOREIGN KEY (school_id, class_id) REFERENCES school_class (school_id, id),
    FOREIGN KEY (school_id, group_id) REFERENCES school_group (school_id, id)
);
CREATE INDEX teaching_staff ON teaching (staff_id);
CREATE INDEX teaching_class ON teaching (class_id);

SELECT school_tenant(one) FROM unnest(ARRAY['school_year', 'staff', 'pupil', 'guardian', 'guardianship', 'school_class',
    'class_membership', 'school_group', 'group_membership', 'subject', 'room', 'teaching']::regclass[]) AS one;

-- A person finds the schools they belong to before any school is entered: their own rows, and nothing else.
CREATE POLICY own ON staff FOR SELECT USING (account_id = current_account());
CREATE POLICY own ON pupil FOR SELECT USING (account_id = current_account());
CREATE POLICY own ON guardian FOR SELECT USING (account_id = current_account());
