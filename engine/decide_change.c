/*
 * Deciding about changes: what the reviewer found, merged and landed.
 * Engine, pure half.  The reviewer is trusted to speak for the repository;
 * what it quotes of it is foreign text.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "engine/decide.h"
#include "engine/text.h"

#define MOVES_MAX	20	/* merges again before a change gives up */

/* The change of an answer, in the state in which the answer is awaited. */
static struct change *
change_in(struct decision *d, const uint8_t *id, enum change_state s)
{
	struct change	*c = state_change(d->st, id);

	return (c != NULL && c->state == s ? c : NULL);
}

static struct rec *
emit_change(struct decision *d, enum rec_kind kind, int fchange, int ftask,
    const struct change *c)
{
	struct rec	*ev = emit(d, kind);

	rec_set_id(ev, fchange, rec_id(c->e.row, F_s_change_id));
	rec_set_id(ev, ftask, rec_id(c->e.row, F_s_change_task));
	return (ev);
}

#define EMIT(d, kind, c)						\
	emit_change(d, REC_##kind, F_##kind##_change, F_##kind##_task, c)

static void
change_failed(struct decision *d, const struct change *c, const char *err,
    const char *text, const char *reason)
{
	struct rec	*ev = EMIT(d, e_change_failed, c);
	char		 line[TEXT_LINE];
	int		 keep = rec_u64(c->e.row, F_s_change_keep) != 0;

	text_line(line, sizeof(line),
	    *text != '\0' ? text : err_text(err_byname(err)));
	rec_set_str(ev, F_e_change_failed_err, err);
	rec_set_str(ev, F_e_change_failed_text, line);
	if (c->state == CS_IMPORTING && keep)
		decide_attempt_over(d, c->task);
	else if (rec_u64(c->task->e.row, F_s_task_cancelling))
		decide_cancelled(d, c->task);
	else
		decide_fail(d, c->task, reason, line);
}

void
decide_upper_fail(struct decision *d, const struct input *in)
{
	struct session	*s = state_session(d->st, in->session);
	struct change	*c = s == NULL ? NULL : s->task->change;

	if (c == NULL || c->state != CS_IMPORTING ||
	    rec_u64(c->e.row, F_s_change_session) != in->session)
		return;
	change_failed(d, c, err_name(in->err), in->text, "import");
}

static void
imported_copy(struct rec *ev, const struct rec *b, int files, int tree,
    int ref)
{
	rec_set_u64(ev, files, rec_u64(b, F_b_imported_files));
	if (rec_has(b, F_b_imported_tree))
		rec_set_oid(ev, tree, rec_oid(b, F_b_imported_tree));
	if (rec_has(b, F_b_imported_ref))
		rec_set_str(ev, ref, rec_str(b, F_b_imported_ref));
}

static void
import_kept(struct decision *d, const struct change *c, const struct rec *b)
{
	struct rec	*ev = EMIT(d, e_change_kept, c);
	uint64_t	 n = rec_u64(b, F_b_imported_files);
	char		 line[TEXT_LINE], files[32];

	d->left = 1;
	imported_copy(ev, b, F_e_change_kept_files, F_e_change_kept_tree,
	    F_e_change_kept_ref);
	text_files(files, n);
	if (n == 0)
		snprintf(line, sizeof(line), "nothing to keep");
	else
		snprintf(line, sizeof(line), "%s kept at %s", files,
		    rec_str(b, F_b_imported_ref));
	rec_set_str(ev, F_e_change_kept_summary, line);
	rec_set_u64(ev, F_e_change_kept_bytes,
	    rec_u64(b, F_b_imported_bytes));
	decide_attempt_over(d, c->task);
}

static void
import_found(struct decision *d, const struct change *c, const struct rec *b)
{
	struct rec	*ev = EMIT(d, e_change_imported, c);
	char		 line[TEXT_LINE];
	size_t		 i;
	int		 empty = rec_u64(b, F_b_imported_files) == 0;

	d->left = 1;
	imported_copy(ev, b, F_e_change_imported_files,
	    F_e_change_imported_tree, F_e_change_imported_ref);
	rec_set_u64(ev, F_e_change_imported_bytes,
	    rec_u64(b, F_b_imported_bytes));
	for (i = 0; i < rec_count(b, F_b_imported_paths); i++)
		rec_add_str(ev, F_e_change_imported_paths,
		    rec_nth_str(b, F_b_imported_paths, i));
	if (rec_has(b, F_b_imported_from))
		rec_set_oid(ev, F_e_change_imported_from,
		    rec_oid(b, F_b_imported_from));
	if (rec_u64(c->task->e.row, F_s_task_cancelling)) {
		if (!empty) {
			ev = EMIT(d, e_change_abandoned, c);
			snprintf(line, sizeof(line), "abandoned, work kept "
			    "at %s", rec_str(b, F_b_imported_ref));
			rec_set_str(ev, F_e_change_abandoned_summary, line);
		}
		decide_cancelled(d, c->task);
	} else if (empty) {
		decide_done(d, c->task, "no-change",
		    "it succeeded and changed nothing", "done, no change");
	} else {
		(void)decide_judged(d, c, b, F_b_imported_facts,
		    rec_oid(b, F_b_imported_from),
		    rec_oid(b, F_b_imported_tree));
	}
}

void
decide_imported(struct decision *d, const struct input *in)
{
	const struct rec	*b = in->rec;
	const char		*err = rec_str(b, F_b_imported_err);
	struct change		*c;

	c = change_in(d, rec_id(b, F_b_imported_change), CS_IMPORTING);
	if (c == NULL)
		return;
	if (strcmp(err, "ok") == 0 && rec_u64(b, F_b_imported_files) > 0 &&
	    (!rec_has(b, F_b_imported_tree) || !rec_has(b, F_b_imported_from)))
		err = err_name(PRA_EPROTO);
	if (strcmp(err, "ok") != 0)
		change_failed(d, c, err, rec_str(b, F_b_imported_text),
		    "import");
	else if (rec_u64(c->e.row, F_s_change_keep))
		import_kept(d, c, b);
	else
		import_found(d, c, b);
}

static void
merge_conflict(struct decision *d, const struct change *c,
    const struct rec *b)
{
	struct rec	*ev = EMIT(d, e_change_conflict, c);
	char		 list[TEXT_LINE - 16] = "", line[TEXT_LINE];
	char		 path[256];
	size_t		 i;

	for (i = 0; i < rec_count(b, F_b_merged_paths); i++) {
		rec_add_str(ev, F_e_change_conflict_paths,
		    rec_nth_str(b, F_b_merged_paths, i));
		text_line(path, sizeof(path),
		    rec_nth_str(b, F_b_merged_paths, i));
		text_list(list, sizeof(list), path);
	}
	if (*list == '\0')
		text_line(list, sizeof(list), rec_str(b, F_b_merged_text));
	snprintf(line, sizeof(line), "conflict: %s", list);
	rec_set_str(ev, F_e_change_conflict_summary, line);
	decide_fail(d, c->task, "conflict", line);
}

void
decide_merged(struct decision *d, const struct input *in)
{
	const struct rec	*b = in->rec;
	const char		*err = rec_str(b, F_b_merged_err);
	struct change		*c;
	struct rec		*ev;
	char			 line[TEXT_LINE], files[32];

	c = change_in(d, rec_id(b, F_b_merged_change), CS_MERGING);
	if (c == NULL)
		return;
	if (strcmp(err, "conflict") == 0) {
		merge_conflict(d, c, b);
		return;
	}
	if (strcmp(err, "ok") != 0 || !rec_has(b, F_b_merged_onto) ||
	    !rec_has(b, F_b_merged_tree)) {
		change_failed(d, c, strcmp(err, "ok") == 0 ?
		    err_name(PRA_EPROTO) : err, rec_str(b, F_b_merged_text),
		    "merge");
		return;
	}
	/* Onto another commit it may differ in what nobody was shown. */
	if (rec_has(b, F_b_merged_from) && decide_judged(d, c, b,
	    F_b_merged_facts, rec_oid(b, F_b_merged_from),
	    rec_oid(b, F_b_merged_tree)))
		return;
	ev = EMIT(d, e_change_merged, c);
	rec_set_oid(ev, F_e_change_merged_onto, rec_oid(b, F_b_merged_onto));
	rec_set_oid(ev, F_e_change_merged_tree, rec_oid(b, F_b_merged_tree));
	if (rec_has(c->task->project->e.row, F_s_project_verify))
		return;			/* sched finds it a session */
	ev = EMIT(d, e_change_verified, c);
	text_files(files, rec_u64(c->e.row, F_s_change_files));
	snprintf(line, sizeof(line), "imported %s", files);
	rec_set_str(ev, F_e_change_verified_summary, line);
}

static void
landed_moved(struct decision *d, const struct change *c)
{
	struct rec	*ev;

	if (rec_u64(c->e.row, F_s_change_moves) >= MOVES_MAX) {
		change_failed(d, c, err_name(PRA_ECONFLICT), "the branch "
		    "moved each time that the change was to land", "land");
		return;
	}
	ev = EMIT(d, e_change_moved, c);
	rec_set_str(ev, F_e_change_moved_text,
	    "the branch moved, merging again");
}

static const char *
branch_of(const char *ref)
{
	return (strncmp(ref, "refs/heads/", 11) == 0 ? ref + 11 : ref);
}

static void
landed_ok(struct decision *d, const struct change *c, const struct rec *b)
{
	const struct project	*p = c->task->project;
	struct rec		*ev = EMIT(d, e_change_pushed, c);
	char			 hex[OID_SIZE], line[TEXT_LINE];
	char			 ref[300], branch[256];
	int			 aside = rec_u64(b, F_b_landed_aside) != 0;

	oid_format(hex, rec_oid(b, F_b_landed_commit));
	text_line(branch, sizeof(branch),
	    rec_str(p->e.row, F_s_project_branch));
	text_line(ref, sizeof(ref), rec_str(b, F_b_landed_ref));
	if (aside)
		snprintf(line, sizeof(line), "%.7s kept at %s: %s is checked "
		    "out there", hex, ref, branch);
	else
		snprintf(line, sizeof(line), "%.7s on %s, pushed", hex,
		    *ref == '\0' ? branch : branch_of(ref));
	rec_set_oid(ev, F_e_change_pushed_commit,
	    rec_oid(b, F_b_landed_commit));
	rec_set_str(ev, F_e_change_pushed_ref, rec_str(b, F_b_landed_ref));
	rec_set_u64(ev, F_e_change_pushed_aside, (uint64_t)aside);
	rec_set_str(ev, F_e_change_pushed_summary, line);
	decide_done(d, c->task, aside ? "landed-aside" : "landed", line,
	    "done");
}

void
decide_landed(struct decision *d, const struct input *in)
{
	const struct rec	*b = in->rec;
	const char		*err = rec_str(b, F_b_landed_err);
	struct change		*c;

	c = change_in(d, rec_id(b, F_b_landed_change), CS_VERIFIED);
	if (c == NULL)
		return;
	if (strcmp(err, "conflict") == 0)
		landed_moved(d, c);
	else if (strcmp(err, "ok") == 0 && rec_has(b, F_b_landed_commit))
		landed_ok(d, c, b);
	else
		change_failed(d, c, strcmp(err, "ok") == 0 ?
		    err_name(PRA_EPROTO) : err, rec_str(b, F_b_landed_text),
		    "land");
}
