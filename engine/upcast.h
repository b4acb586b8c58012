/*
 * Events of older versions in today's form.
 */
#ifndef ENGINE_UPCAST_H
#define ENGINE_UPCAST_H

#include "common/rec.h"

/*
 * How an event of a kind becomes one of the next schema.  A field that is new
 * needs none: it reads as unset, and what apply() makes of that is its old
 * meaning.  One is needed where a field of old means something else today.
 */
struct upcast {
	enum rec_kind	 kind;			/* REC_NONE ends a table */
	uint32_t	 schema;		/* that it is made from */
	void		(*up)(struct rec *r);
};

/* The schema that events of a kind are written with: 1, or what the table says. */
uint32_t upcast_schema(enum rec_kind kind);

/*
 * Bring an event of a schema to today's.  0, or PRA_EVERSION: a later version
 * wrote it.
 */
int	 upcast(struct rec *r, uint32_t schema);

/* The same with another table, for the test. */
uint32_t upcast_schema_by(const struct upcast *table, enum rec_kind kind);
int	 upcast_by(const struct upcast *table, struct rec *r, uint32_t schema);

#endif
