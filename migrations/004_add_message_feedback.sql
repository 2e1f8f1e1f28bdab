-- revision: 004_add_message_feedback
-- down_revision: 003_index_recent_sessions
-- description: users rate the answers they get
-- created: 2026-11-22T10:45:00Z

-- migrated: upgrade
CREATE TABLE feedback_reasons (
    code varchar(40) NOT NULL,
    label text NOT NULL,
    CONSTRAINT feedback_reasons_pkey PRIMARY KEY (code),
    CONSTRAINT feedback_reasons_label_key UNIQUE (label)
);

COPY feedback_reasons (code, label) FROM stdin;
helpful	It answered the question
wrong	It is not true
unsafe	It should not have been said
other	Something else; see the comment
\.

CREATE TABLE message_feedback (
    message_id bigint NOT NULL,
    user_id varchar(255) NOT NULL,
    rating smallint NOT NULL,
    reason varchar(40),
    comment text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT message_feedback_pkey PRIMARY KEY (message_id, user_id),
    CONSTRAINT message_feedback_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE,
    CONSTRAINT message_feedback_reason_fkey FOREIGN KEY (reason) REFERENCES feedback_reasons (code)
        ON DELETE RESTRICT,
    CONSTRAINT message_feedback_rating_known CHECK (rating IN (-1, 1)),
    CONSTRAINT message_feedback_comment_length CHECK (char_length(comment) <= 4000)
);

CREATE INDEX message_feedback_reason_idx ON message_feedback (reason) WHERE reason IS NOT NULL;

-- migrated: downgrade
DROP TABLE message_feedback;
DROP TABLE feedback_reasons;
