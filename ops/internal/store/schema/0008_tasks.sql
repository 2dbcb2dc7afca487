-- +goose Up

-- Tasks of several kinds.
drop index tasks_running;
alter table tasks rename column sent to done;
alter table tasks add column action keytext not null default 'users.send_activation';
alter table tasks add column license keytext not null default '';
alter table tasks add column product keytext not null default '';
alter table tasks add column supervisor boolean;
alter table tasks add column again keytext not null default ''; -- the task whose failures it tries again
alter table tasks add column undoes keytext not null default '';
alter table tasks add column cancelled boolean not null default false;
alter table tasks add column actor_role keytext not null default ''; -- by which it was started; empty: not known
alter table tasks add column by_role boolean not null default false; -- who is among its people tells their roles
create unique index tasks_running on tasks (organization, kind) where ended is null and kind = 'send_activations';
create unique index tasks_undoes on tasks (organization, undoes) where undoes <> '';

drop index task_items_state;
drop index task_items_user;
alter table task_items rename to old_task_items;
create table task_items (
  organization keytext not null,
  task         keytext not null,
  number       bigint  not null,
  user_id      keytext not null,
  state        keytext not null check (state in ('waiting', 'done', 'failed', 'skipped')),
  code         keytext not null,
  message      text    not null,
  primary key (organization, task, number),
  foreign key (organization, task) references tasks (organization, id)
);
insert into task_items (organization, task, number, user_id, state, code, message)
  select organization, task, number, user_id, case when state = 'sent' then 'done' else state end, code, message from old_task_items;
drop table old_task_items;
create index task_items_state on task_items (organization, task, state, number);
create index task_items_user on task_items (organization, task, user_id);

-- +goose Down
drop index task_items_state;
drop index task_items_user;
alter table task_items rename to old_task_items;
create table task_items (
  organization keytext not null,
  task         keytext not null,
  number       bigint  not null,
  user_id      keytext not null,
  state        keytext not null check (state in ('waiting', 'sent', 'failed', 'skipped')),
  code         keytext not null,
  message      text    not null,
  primary key (organization, task, number),
  foreign key (organization, task) references tasks (organization, id)
);
insert into task_items (organization, task, number, user_id, state, code, message)
  select organization, task, number, user_id, case when state = 'done' then 'sent' else state end, code, message from old_task_items;
drop table old_task_items;
create index task_items_state on task_items (organization, task, state, number);
create index task_items_user on task_items (organization, task, user_id);
drop index tasks_undoes;
drop index tasks_running;
delete from task_items where (organization, task) in (select organization, id from tasks where kind <> 'send_activations');
delete from tasks where kind <> 'send_activations';
alter table tasks drop column by_role;
alter table tasks drop column actor_role;
alter table tasks drop column cancelled;
alter table tasks drop column undoes;
alter table tasks drop column again;
alter table tasks drop column supervisor;
alter table tasks drop column product;
alter table tasks drop column license;
alter table tasks drop column action;
alter table tasks rename column done to sent;
create unique index tasks_running on tasks (organization, kind) where ended is null;
