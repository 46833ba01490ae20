-- The helpdesk's knowledge base: articles with all their revisions, what readers make of them, and the words they are found by.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE knowledge_article (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    latest       integer NOT NULL DEFAULT 1,
    published    integer,
    published_at timestamptz,
    withdrawn_at timestamptz,
    review_on    date,
    ticket_id    bigint REFERENCES ticket ON DELETE SET NULL,
    plain        text NOT NULL DEFAULT '',
    made_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    rev          integer NOT NULL DEFAULT 1,
    CHECK (published <= latest),
    CHECK (published IS NULL OR withdrawn_at IS NULL)
);
CREATE INDEX knowledge_article_review ON knowledge_article (review_on) WHERE published IS NOT NULL;
CREATE INDEX knowledge_article_ticket ON knowledge_article (ticket_id) WHERE ticket_id IS NOT NULL;
COMMENT ON COLUMN knowledge_article.latest IS 'Number of its newest revision: what editors go on with';
COMMENT ON COLUMN knowledge_article.published IS 'Number of the revision that is read; none: nobody reads it';
COMMENT ON COLUMN knowledge_article.ticket_id IS 'The ticket it was made from';
COMMENT ON COLUMN knowledge_article.plain IS 'Words of the published revision without marks of Markdown: what hits are shown in';

CREATE TABLE knowledge_revision (
    article_id     bigint NOT NULL REFERENCES knowledge_article ON DELETE CASCADE,
    number         integer NOT NULL CHECK (number > 0),
    title          text NOT NULL CHECK (length(title) BETWEEN 1 AND 160),
    lead           text NOT NULL DEFAULT '' CHECK (length(lead) <= 400),
    text           text NOT NULL CHECK (length(text) <= 40000),
    keywords       text[] NOT NULL DEFAULT '{}' CHECK (cardinality(keywords) <= 30),
    category_id    bigint REFERENCES helpdesk_category ON DELETE SET NULL,
    audience       text NOT NULL DEFAULT 'everyone' CHECK (audience IN ('everyone', 'agents')),
    models         bigint[] NOT NULL DEFAULT '{}' CHECK (cardinality(models) <= 40),
    about          text NOT NULL DEFAULT '' CHECK (length(about) <= 300),
    restored       integer,
    author_id      bigint REFERENCES account ON DELETE SET NULL,
    author_name    text NOT NULL,
    at             timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at   timestamptz,
    published_name text NOT NULL DEFAULT '',
    PRIMARY KEY (article_id, number)
);
CREATE INDEX knowledge_revision_category ON knowledge_revision (category_id);
COMMENT ON COLUMN knowledge_revision.about IS 'What was changed and why, in the author''s words';
COMMENT ON COLUMN knowledge_revision.restored IS 'Number of the revision that it brings back';
COMMENT ON COLUMN knowledge_revision.published_at IS 'When it was read by others for the first time; none: it was a draft only';

CREATE TABLE knowledge_picture (
    article_id bigint NOT NULL REFERENCES knowledge_article ON DELETE CASCADE,
    number     integer NOT NULL,
    file_id    uuid NOT NULL REFERENCES file,
    PRIMARY KEY (article_id, number)
);
COMMENT ON TABLE knowledge_picture IS 'Never taken away: older revisions show them too';

-- what readers make of it

CREATE TABLE knowledge_reader (
    article_id bigint NOT NULL REFERENCES knowledge_article ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    day        date NOT NULL,
    PRIMARY KEY (article_id, account_id)
);
CREATE INDEX knowledge_reader_account ON knowledge_reader (account_id);
COMMENT ON TABLE knowledge_reader IS 'The day somebody was counted last, so that a reader counts once a day';

CREATE TABLE knowledge_day (
    article_id bigint NOT NULL REFERENCES knowledge_article ON DELETE CASCADE,
    day        date NOT NULL,
    reads      integer NOT NULL,
    PRIMARY KEY (article_id, day)
);

CREATE TABLE knowledge_rating (
    article_id bigint NOT NULL REFERENCES knowledge_article ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    helped     boolean NOT NULL,
    missing    text NOT NULL DEFAULT '' CHECK (length(missing) <= 1000),
    number     integer NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (article_id, account_id)
);
CREATE INDEX knowledge_rating_account ON knowledge_rating (account_id);
COMMENT ON COLUMN knowledge_rating.number IS 'Of the revision that was read';

CREATE TABLE knowledge_spared (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    article_id  bigint NOT NULL REFERENCES knowledge_article ON DELETE CASCADE,
    account_id  bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    form_key    text NOT NULL CHECK (form_key ~ '^[A-Za-z0-9_-]{8,64}$'),
    category_id bigint REFERENCES helpdesk_category ON DELETE SET NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (account_id, form_key)
);
CREATE INDEX knowledge_spared_article ON knowledge_spared (article_id, at);
COMMENT ON TABLE knowledge_spared IS 'A ticket that was not sent, since an article helped: once for each form';

-- what it is found by: published revisions alone

CREATE TABLE knowledge_posting (
    lexeme     text NOT NULL,
    article_id bigint NOT NULL REFERENCES knowledge_article ON DELETE CASCADE,
    inside     boolean NOT NULL,
    weight     real NOT NULL,
    PRIMARY KEY (lexeme, article_id)
);
CREATE INDEX knowledge_posting_article ON knowledge_posting (article_id);
COMMENT ON COLUMN knowledge_posting.lexeme IS 'Stem of a Polish word without marks, as app/search.py makes it';
COMMENT ON COLUMN knowledge_posting.inside IS 'The article is for agents only';

CREATE TABLE knowledge_word (
    word    text PRIMARY KEY,
    lexemes text[] NOT NULL
);
CREATE INDEX knowledge_word_parts ON knowledge_word USING gin (word gin_trgm_ops);
CREATE INDEX knowledge_word_begins ON knowledge_word (left(word, 1), length(word));
COMMENT ON TABLE knowledge_word IS 'Words that articles have ever used, without marks: for beginnings, parts and typing errors';

-- an article as its readers see it, with its numbers of the last 90 days
CREATE VIEW knowledge_shown AS
SELECT a.id, r.title, r.lead, r.keywords, r.category_id, coalesce(c.name, '') AS category_name, r.audience, r.models,
       r.number, a.published_at, a.review_on, a.rev,
       coalesce((SELECT sum(d.reads) FROM knowledge_day d
                  WHERE d.article_id = a.id AND d.day > current_date - 90), 0)::integer AS reads,
       (SELECT count(*) FROM knowledge_rating x WHERE x.article_id = a.id AND x.helped)::integer AS helped,
       (SELECT count(*) FROM knowledge_rating x WHERE x.article_id = a.id AND NOT x.helped)::integer AS unhelped,
       (SELECT count(*) FROM knowledge_spared s WHERE s.article_id = a.id
           AND NOT EXISTS (SELECT FROM ticket t WHERE t.requester_id = s.account_id AND t.sent_key = s.form_key)
       )::integer AS spared
  FROM knowledge_article a
  JOIN knowledge_revision r ON r.article_id = a.id AND r.number = a.published
  LEFT JOIN helpdesk_category c ON c.id = r.category_id;

-- an article as its editors see it: the newest revision
CREATE VIEW knowledge_edited AS
SELECT a.id, r.title, r.lead, r.keywords, r.category_id, coalesce(c.name, '') AS category_name, r.audience, r.models,
       a.latest, a.published, a.published_at, a.withdrawn_at, a.review_on, a.ticket_id, r.author_name, r.at, a.rev,
       coalesce((SELECT sum(d.reads) FROM knowledge_day d
                  WHERE d.article_id = a.id AND d.day > current_date - 90), 0)::integer AS reads,
       (SELECT count(*) FROM knowledge_rating x WHERE x.article_id = a.id AND x.helped)::integer AS helped,
       (SELECT count(*) FROM knowledge_rating x WHERE x.article_id = a.id AND NOT x.helped)::integer AS unhelped,
       (SELECT count(*) FROM knowledge_spared s WHERE s.article_id = a.id
           AND NOT EXISTS (SELECT FROM ticket t WHERE t.requester_id = s.account_id AND t.sent_key = s.form_key)
       )::integer AS spared
  FROM knowledge_article a
  JOIN knowledge_revision r ON r.article_id = a.id AND r.number = a.latest
  LEFT JOIN helpdesk_category c ON c.id = r.category_id;
