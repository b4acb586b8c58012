/*
 * Deciding about projects.  Engine, pure half.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "engine/check.h"
#include "engine/decide.h"
#include "engine/schedule.h"
#include "engine/policy.h"
#include "engine/text.h"

static int
project_may_be_added(struct decision *d, const struct rec *c)
{
	const char	*name = rec_str(c, F_c_project_add_name);
	const char	*agent = rec_str(c, F_c_project_add_agent);

	if (!check_name(d, "project", name) || !decide_permitted(d, name) ||
	    !check_line(d, "repo", rec_str(c, F_c_project_add_repo)) ||
	    !check_line(d, "branch", rec_str(c, F_c_project_add_branch)))
		return (0);
	if (*rec_str(c, F_c_project_add_repo) == '\0')
		refuse(d, PRA_EUSAGE, "give --repo with a path or URL",
		    "project %s has no repository", name);
	else if (state_project(d->st, name) != NULL)
		refuse(d, PRA_EEXISTS, "choose another name, or "
		    "praetorctl project remove", "there is a project %s "
		    "already", name);
	else if (*agent != '\0' && config_agent(d->conf, agent) == NULL)
		check_agent(d, agent);
	return (d->err == 0);
}

void
decide_project_add(struct decision *d, const struct input *in)
{
	const struct rec	*c = in->rec;
	const char		*branch = rec_str(c, F_c_project_add_branch);
	struct rec		*ev;

	if (!project_may_be_added(d, c))
		return;
	ev = emit(d, REC_e_project_added);
	rec_set_str(ev, F_e_project_added_project,
	    rec_str(c, F_c_project_add_name));
	rec_set_str(ev, F_e_project_added_repo,
	    rec_str(c, F_c_project_add_repo));
	rec_set_str(ev, F_e_project_added_branch,
	    *branch == '\0' ? "main" : branch);
	if (*rec_str(c, F_c_project_add_verify) != '\0')
		rec_set_str(ev, F_e_project_added_verify,
		    rec_str(c, F_c_project_add_verify));
	if (*rec_str(c, F_c_project_add_agent) != '\0')
		rec_set_str(ev, F_e_project_added_agent,
		    rec_str(c, F_c_project_add_agent));
	snprintf(d->subject, sizeof(d->subject), "%s",
	    rec_str(c, F_c_project_add_name));
	d->later = 1;
}

void
decide_project_remove(struct decision *d, const struct input *in)
{
	const char	*name;
	struct project	*p;
	struct rec	*ev;

	name = rec_str(in->rec, F_c_project_remove_project);
	if ((p = check_project(d, name)) == NULL)
		return;
	if (p->unfinished > 0) {
		refuse(d, PRA_ESTATE, "wait for them or cancel them first: "
		    "praetorctl task list", "project %s has %u unfinished "
		    "task%s", name, p->unfinished,
		    p->unfinished == 1 ? "" : "s");
		return;
	}
	if (strcmp(rec_str(p->e.row, F_s_project_state), "ready") != 0) {
		refuse(d, PRA_ESTATE, "wait until it has been added",
		    "project %s is being added", name);
		return;
	}
	if (schedule_any(d->st, name)) {
		refuse(d, PRA_ESTATE, "remove them first: praetorctl schedule "
		    "list", "project %s has schedules", name);
		return;
	}
	ev = emit(d, REC_e_project_removed);
	rec_set_str(ev, F_e_project_removed_project, name);
	snprintf(d->subject, sizeof(d->subject), "%s", name);
}

void
decide_project_state(struct decision *d, const struct input *in)
{
	const struct rec	*b = in->rec;
	const char		*name = rec_str(b, F_b_project_state_project);
	const char		*err = rec_str(b, F_b_project_state_err);
	struct project		*p = state_project(d->st, name);
	struct rec		*ev;
	char			 line[TEXT_LINE];

	if (p == NULL ||
	    strcmp(rec_str(p->e.row, F_s_project_state), "adding") != 0)
		return;
	if (strcmp(err, "ok") == 0 && rec_has(b, F_b_project_state_head)) {
		ev = emit(d, REC_e_project_ready);
		rec_set_str(ev, F_e_project_ready_project, name);
		rec_set_oid(ev, F_e_project_ready_head,
		    rec_oid(b, F_b_project_state_head));
		return;
	}
	text_line(line, sizeof(line), rec_str(b, F_b_project_state_text));
	ev = emit(d, REC_e_project_failed);
	rec_set_str(ev, F_e_project_failed_project, name);
	rec_set_str(ev, F_e_project_failed_err, err);
	rec_set_str(ev, F_e_project_failed_text, line);
}

void
decide_delivered(struct decision *d, const struct input *in)
{
	struct rec	*ev;

	if (state_owed(d->st, in->text) == NULL)
		return;
	ev = emit(d, REC_e_effect_delivered);
	rec_set_str(ev, F_e_effect_delivered_key, in->text);
}
