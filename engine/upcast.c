/*
 * Events of older versions in today's form.  Engine, pure half.  The log is
 * never rewritten: what it holds is brought up each time that it is applied.
 */
#include "common/err.h"
#include "engine/upcast.h"

/*
 * By kind and schema, every step once: {REC_e_task_created, 1, created_1}.
 * There is none so far: every field that came since the first version is new.
 */
static const struct upcast upcasts[] = {
	{ REC_NONE, 0, NULL }
};

static const struct upcast *
upcast_find(const struct upcast *table, enum rec_kind kind, uint32_t schema)
{
	for (; table->kind != REC_NONE; table++)
		if (table->kind == kind && table->schema == schema)
			return (table);
	return (NULL);
}

uint32_t
upcast_schema_by(const struct upcast *table, enum rec_kind kind)
{
	uint32_t	 schema = 1;

	while (upcast_find(table, kind, schema) != NULL)
		schema++;
	return (schema);
}

int
upcast_by(const struct upcast *table, struct rec *r, uint32_t schema)
{
	const struct upcast	*u;

	if (schema == 0)
		return (PRA_ECORRUPT);
	if (schema > upcast_schema_by(table, rec_kind(r)))
		return (PRA_EVERSION);
	while ((u = upcast_find(table, rec_kind(r), schema)) != NULL) {
		u->up(r);
		schema++;
	}
	return (rec_check(r, NULL, 0) == 0 ? 0 : PRA_ECORRUPT);
}

uint32_t
upcast_schema(enum rec_kind kind)
{
	return (upcast_schema_by(upcasts, kind));
}

int
upcast(struct rec *r, uint32_t schema)
{
	return (schema == 1 && upcasts[0].kind == REC_NONE ? 0 :
	    upcast_by(upcasts, r, schema));
}
