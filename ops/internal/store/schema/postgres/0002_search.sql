-- +goose Up

-- Where the extensions may not be had, searches read every user.
-- +goose StatementBegin
do $$ begin
  create extension if not exists pg_trgm;
  create extension if not exists btree_gin; -- so that a search in one organization reads little of another
  create index users_search on users using gin (organization, search gin_trgm_ops);
exception when insufficient_privilege or undefined_file or feature_not_supported or undefined_object then
  null;
end $$;
-- +goose StatementEnd

-- +goose Down
drop index if exists users_search;
