/*
 * Classes of what a change can hold, and verdicts on them (review.tbl).  The
 * parent checks rules with them, the reviewer reports them, the engine
 * decides by them.
 */
#ifndef COMMON_REVIEW_H
#define COMMON_REVIEW_H

/* From the mildest: of several verdicts on a change the greatest counts. */
enum review_verdict { RV_ALLOW, RV_ASK, RV_DENY, RV_MAX };

enum review_class {
#define CLASS(id, name, verdict, text) RVC_##id,
#include "common/review.tbl"
#undef CLASS
	RVC_MAX
};

struct review_row {
	const char		*name;		/* as in praetord.conf(5) */
	enum review_verdict	 verdict;	/* unless a rule says otherwise */
	const char		*text;		/* one line for people */
};

const struct review_row *review_row(enum review_class c);

/* The class or verdict of a name; RVC_MAX or RV_MAX when there is none. */
enum review_class	 review_class_byname(const char *name);
enum review_verdict	 review_verdict_byname(const char *name);

/* "allow", "ask" or "deny". */
const char		*review_verdict_name(enum review_verdict v);

/* 1 when a rule for projects ("web", "web*"; NULL: any) is for this one. */
int			 review_project(const char *rule, const char *project);

#endif
