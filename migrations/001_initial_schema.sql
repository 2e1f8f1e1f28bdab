-- revision: 001_initial_schema
-- down_revision: none
-- description: sessions and their messages
-- created: 2026-11-22T10:00:00Z

-- migrated: upgrade
CREATE TABLE sessions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    -- The identity provider's name for the user; null for a visitor who has not logged in.
    user_id varchar(255),
    title text,
    model varchar(100),
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    last_message_at timestamptz,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_user_id_not_blank CHECK (user_id IS NULL OR btrim(user_id) <> ''),
    CONSTRAINT sessions_title_length CHECK (char_length(title) <= 500),
    CONSTRAINT sessions_metadata_is_object CHECK (jsonb_typeof(metadata) = 'object'),
    CONSTRAINT sessions_updated_after_created CHECK (updated_at >= created_at)
);

COMMENT ON TABLE sessions IS 'One conversation of one user, or of a visitor';

CREATE INDEX sessions_user_id_updated_at_idx ON sessions (user_id, updated_at DESC) WHERE user_id IS NOT NULL;
CREATE INDEX sessions_created_at_idx ON sessions (created_at);

CREATE TABLE messages (
    id bigint GENERATED ALWAYS AS IDENTITY,
    session_id uuid NOT NULL,
    -- The place of the message in its session, from 1.
    position integer NOT NULL,
    role varchar(20) NOT NULL,
    content text NOT NULL,
    token_count integer,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT messages_pkey PRIMARY KEY (id),
    CONSTRAINT messages_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    CONSTRAINT messages_session_id_position_key UNIQUE (session_id, position),
    CONSTRAINT messages_role_known CHECK (role IN ('system', 'user', 'assistant', 'tool')),
    CONSTRAINT messages_position_positive CHECK (position > 0),
    CONSTRAINT messages_token_count_not_negative CHECK (token_count >= 0),
    CONSTRAINT messages_metadata_is_object CHECK (jsonb_typeof(metadata) = 'object')
);

COMMENT ON TABLE messages IS 'What was said in a session, in order';
COMMENT ON COLUMN messages.position IS 'The place in the session, from 1, without a promise of no gaps';

CREATE INDEX messages_created_at_idx ON messages (created_at);
CREATE INDEX messages_metadata_idx ON messages USING gin (metadata jsonb_path_ops);

-- A new message is what makes a session recent.
CREATE FUNCTION touch_session() RETURNS trigger
LANGUAGE plpgsql
AS $function$
BEGIN
    UPDATE sessions
    SET updated_at = greatest(updated_at, NEW.created_at), last_message_at = greatest(last_message_at, NEW.created_at)
    WHERE id = NEW.session_id;
    RETURN NULL;
END;
$function$;

CREATE TRIGGER messages_touch_session
AFTER INSERT ON messages
FOR EACH ROW EXECUTE FUNCTION touch_session();

-- migrated: downgrade
DROP TABLE messages;
DROP FUNCTION touch_session();
DROP TABLE sessions;
