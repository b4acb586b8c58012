/*
 * The rules.  Engine, pure half.  Uid and groups come from the client's
 * socket, through the frontend.
 */
#include <stdio.h>
#include <string.h>

#include "engine/policy.h"

static int
is_owner(const struct config *conf, const struct rec *env)
{
	uint64_t	 uid = rec_u64(env, F_c_env_uid);

	return (uid == 0 || uid == config_u64(conf, F_k_main_owner));
}

static int
in_group(const struct rec *env, uint64_t gid)
{
	size_t	 i;

	for (i = 0; i < rec_count(env, F_c_env_groups); i++)
		if (rec_u64(rec_nth_rec(env, F_c_env_groups, i),
		    F_c_gid_gid) == gid)
			return (1);
	return (0);
}

static int
who_matches(const struct rec *rule, const struct rec *env)
{
	uint64_t	 id = rec_u64(rule, F_k_permit_id);

	if (rec_u64(rule, F_k_permit_any))
		return (1);
	if (rec_u64(rule, F_k_permit_group))
		return (in_group(env, id));
	return (rec_u64(env, F_c_env_uid) == id);
}

/* "task.*" matches every command that begins with "task."; "*" all. */
static int
command_matches(const char *pattern, const char *command)
{
	size_t	 n = strlen(pattern);

	if (n > 0 && pattern[n - 1] == '*')
		return (strncmp(pattern, command, n - 1) == 0);
	return (strcmp(pattern, command) == 0);
}

/* A rule for one project says nothing about what belongs to none. */
static int
project_matches(const struct rec *rule, const char *project)
{
	if (!rec_has(rule, F_k_permit_project))
		return (1);
	return (project != NULL &&
	    strcmp(rec_str(rule, F_k_permit_project), project) == 0);
}

int
policy_permits(const struct config *conf, const struct rec *env,
    const char *command, const char *project, char text[POLICY_TEXT])
{
	const struct config_item	*it;
	const struct rec		*last = NULL;

	if (is_owner(conf, env)) {
		if (text != NULL)
			snprintf(text, POLICY_TEXT, "owner");
		return (1);
	}
	STAILQ_FOREACH(it, &conf->permits, next)
		if (who_matches(it->rec, env) &&
		    command_matches(rec_str(it->rec, F_k_permit_command),
		    command) && project_matches(it->rec, project))
			last = it->rec;
	if (text != NULL)
		snprintf(text, POLICY_TEXT, "%s",
		    last == NULL ? "" : rec_str(last, F_k_permit_text));
	return (last != NULL && !rec_u64(last, F_k_permit_deny));
}

int
policy_sees(const struct config *conf, const struct rec *env,
    const char *project)
{
	static const char *const	 shows[] = {
		"task.list", "task.show", "task.why", "task.trace",
		"task.logs", "task.diff", "task.wait", "events"
	};
	size_t				 i;

	for (i = 0; i < sizeof(shows) / sizeof(shows[0]); i++)
		if (policy_permits(conf, env, shows[i], project, NULL))
			return (1);
	return (0);
}

int
policy_somewhere(const struct config *conf, const struct rec *env,
    const char *command)
{
	const struct config_item	*it;
	const char			*project;

	if (policy_permits(conf, env, command, NULL, NULL))
		return (1);
	STAILQ_FOREACH(it, &conf->permits, next) {
		if (!rec_has(it->rec, F_k_permit_project))
			continue;
		project = rec_str(it->rec, F_k_permit_project);
		if (policy_permits(conf, env, command, project, NULL))
			return (1);
	}
	return (0);
}
