/*
 * Envelopes of events.  Engine, pure half.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "engine/envelope.h"
#include "engine/upcast.h"

static int
field_of(const struct rec *r, const char *name)
{
	int	 f = rec_field(rec_def(rec_kind(r)), name);

	return (f != -1 && rec_has(r, f) ? f : -1);
}

static void
fill_stream(struct store_event *ev, const struct rec *r)
{
	const char	*type = rec_def(rec_kind(r))->name;
	char		 id[ID_SIZE];
	int		 f;

	if (strncmp(type, "session.", 8) == 0) {
		f = field_of(r, "session");
		snprintf(ev->stream, sizeof(ev->stream), "session/%" PRIu64,
		    rec_u64(r, f));
	} else if ((f = field_of(r, "task")) != -1) {
		id_format(id, 't', rec_id(r, f));
		snprintf(ev->stream, sizeof(ev->stream), "task/%s", id);
	} else if ((f = field_of(r, "project")) != -1) {
		snprintf(ev->stream, sizeof(ev->stream), "project/%s",
		    rec_str(r, f));
	} else {
		snprintf(ev->stream, sizeof(ev->stream), "system");
	}
}

/* A task's events and those of its sessions and changes are its trace. */
static void
fill_subject(struct store_event *ev, const struct rec *r)
{
	char	 id[ID_SIZE];
	int	 f;

	if ((f = field_of(r, "task")) != -1) {
		id_format(id, 't', rec_id(r, f));
		snprintf(ev->subject, sizeof(ev->subject), "%s", id);
	} else if ((f = field_of(r, "project")) != -1) {
		snprintf(ev->subject, sizeof(ev->subject), "%s",
		    rec_str(r, f));
	}
}

static void
fill_project(struct store_event *ev, const struct state *st,
    const struct rec *r)
{
	const struct task	*t = NULL;
	const char		*name = "";
	int			 f;

	if ((f = field_of(r, "project")) != -1)
		name = rec_str(r, f);
	else if ((f = field_of(r, "task")) != -1)
		t = state_task(st, rec_id(r, f));
	if (t != NULL)
		name = rec_str(t->e.row, F_s_task_project);
	snprintf(ev->project, sizeof(ev->project), "%s", name);
}

static const char *
actor_of(enum input_kind k)
{
	switch (k) {
	case IN_PROJECT_STATE:
	case IN_BASE_READY:
	case IN_IMPORTED:
	case IN_MERGED:
	case IN_LANDED:
		return ("reviewer");
	case IN_BOOTED:
	case IN_STEP_DONE:
		return ("executor");
	case IN_ROOM:
	case IN_SESSION_FAIL:
	case IN_SESSION_GONE:
	case IN_SESSION_PURGED:
	case IN_UPPER_FAIL:
		return ("parent");
	case IN_EGRESS_RULES:
	case IN_EGRESS:
		return ("gateway");
	case IN_COMMAND:
	case IN_GATEWAY:
	case IN_SESSION_LOST:
	case IN_DELIVERED:
	case IN_EXPIRE:
	case IN_SCHEDULE:
	case IN_MAX:
	default:
		return ("engine");
	}
}

void
envelope_fill(struct store_event *ev, const struct state *st,
    const struct fact *f, const struct input *in, const char *policy)
{
	char	 trace[sizeof(ev->cause)];

	memset(ev, 0, sizeof(*ev));
	fill_stream(ev, f->data);
	fill_subject(ev, f->data);
	fill_project(ev, st, f->data);
	ev->time = f->time;
	ev->schema = upcast_schema(rec_kind(f->data));
	snprintf(ev->policy, sizeof(ev->policy), "%s", policy);
	if (in == NULL) {
		snprintf(ev->actor, sizeof(ev->actor), "engine");
		snprintf(ev->cause, sizeof(ev->cause), "schedule");
	} else if (in->kind == IN_COMMAND) {
		snprintf(ev->actor, sizeof(ev->actor), "uid:%" PRIu64,
		    rec_u64(in->env, F_c_env_uid));
		log_vis(trace, sizeof(trace), rec_str(in->env, F_c_env_trace),
		    strlen(rec_str(in->env, F_c_env_trace)));
		snprintf(ev->cause, sizeof(ev->cause), "%s", *trace != '\0' ?
		    trace : rec_def(rec_kind(in->rec))->name);
	} else {
		snprintf(ev->actor, sizeof(ev->actor), "%s",
		    actor_of(in->kind));
		snprintf(ev->cause, sizeof(ev->cause), "%s",
		    input_name(in->kind));
	}
}
