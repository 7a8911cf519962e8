-- A reader sees the rates of own projects.
CALL exq_narrow('rate_limits', 'project_id IN $own');
CALL exq_narrow('rates', 'project_id IN $own');
