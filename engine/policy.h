/*
 * Who may do what: the `permit` rules of praetord.conf(5).  Engine, pure
 * half.
 */
#ifndef ENGINE_POLICY_H
#define ENGINE_POLICY_H

#include "engine/config.h"

#define POLICY_TEXT	256

/*
 * 1 when the client of an envelope (c_env) may give a command on a project
 * (NULL: on none in particular).  The last rule that matches wins; without
 * one the answer is no.  Root and the daemon's owner may do everything.
 * `text` gets the rule, for the event's policy field; it may be NULL.
 */
int	 policy_permits(const struct config *conf, const struct rec *env,
	    const char *command, const char *project, char text[POLICY_TEXT]);

/*
 * 1 when the client may know what tasks a project has: a command that shows
 * them is permitted on it.  To anybody else a task there is not found.
 */
int	 policy_sees(const struct config *conf, const struct rec *env,
	    const char *project);

/*
 * 1 when the command is permitted on at least one of the projects that the
 * rules name: lists are then filtered row by row.
 */
int	 policy_somewhere(const struct config *conf, const struct rec *env,
	    const char *command);

#endif
