-- +goose Up

-- Which address somebody has shown to read the mail of. Another, which an
-- administrator gave them since, is not confirmed.
alter table users add column confirmed keytext not null default '';

-- What is forgotten when it is over is found by when that is.
create index sessions_ends on sessions (ends);
create index tokens_expires on tokens (expires) where grant_id <> '';
create index authorizations_unanswered on authorizations (ends) where code is null;

-- +goose Down
drop index authorizations_unanswered;
drop index tokens_expires;
drop index sessions_ends;
alter table users drop column confirmed;
