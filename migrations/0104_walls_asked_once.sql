-- The wall between schools asks where it stands once a statement, as an InitPlan, and not once a row: a function in a
-- policy is called for every row that a scan looks at, and each call reads a setting and parses it.

CREATE OR REPLACE FUNCTION school_tenant(made regclass, append_only boolean DEFAULT false) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', made);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', made);
    EXECUTE format('CREATE POLICY school ON %s USING (school_id = (SELECT current_school()))'
                   ' WITH CHECK (school_id = (SELECT current_school()))', made);
    EXECUTE format('GRANT SELECT, INSERT%s ON %s TO gryf_schools', CASE WHEN append_only THEN '' ELSE ', UPDATE, DELETE' END, made);
    IF append_only THEN
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()', made);
    END IF;
END
$$;

DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT p.polname, p.polrelid::regclass AS made, pg_get_expr(p.polqual, p.polrelid) AS shown,
                      pg_get_expr(p.polwithcheck, p.polrelid) AS taken
                 FROM pg_policy p
                WHERE pg_get_expr(p.polqual, p.polrelid) ~ 'current_(school|account)\(\)' LOOP
        EXECUTE format('ALTER POLICY %I ON %s USING (%s)', one.polname, one.made,
                       regexp_replace(one.shown, 'current_(school|account)\(\)', '(SELECT current_\1())', 'g'));
        IF one.taken IS NOT NULL THEN
            EXECUTE format('ALTER POLICY %I ON %s WITH CHECK (%s)', one.polname, one.made,
                           regexp_replace(one.taken, 'current_(school|account)\(\)', '(SELECT current_\1())', 'g'));
        END IF;
    END LOOP;
END
$$;
