-- +goose Up

-- What a token is for, in the words of whom it speaks for, who made it. The
-- operator's have none.
alter table tokens add column name text not null default '';

-- +goose Down
alter table tokens drop column name;
