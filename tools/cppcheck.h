/* For cppcheck only: library macros that it cannot see through. */
#define TAILQ_HEAD(name, type)	struct name { struct type *tqh_first; }
#define TAILQ_ENTRY(type)	struct { struct type *tqe_next; }
#define RB_HEAD(name, type)	struct name { struct type *rbh_root; }
#define RB_ENTRY(type)		struct { struct type *rbe_left; }
#define RB_GENERATE_STATIC(name, type, field, cmp)
#define RB_GENERATE_INTERNAL(name, type, field, cmp, attr)
#define RB_GENERATE(name, type, field, cmp)
#define RB_PROTOTYPE(name, type, field, cmp)
#define RB_PROTOTYPE_STATIC(name, type, field, cmp)
#define TAILQ_FOREACH(v, h, f)	for ((v) = (h)->tqh_first; (v); (v) = (v)->f.tqe_next)
#define TAILQ_FOREACH_SAFE(v, h, f, t)					\
	for ((v) = (h)->tqh_first; (v) && ((t) = (v)->f.tqe_next, 1); (v) = (t))
#define RB_FOREACH(v, n, h)	for ((v) = (h)->rbh_root; (v); (v) = (v)->entry.rbe_left)
#define RB_FOREACH_SAFE(v, n, h, t) for ((v) = (h)->rbh_root; (v); (v) = (t))
#define json_array_foreach(a, i, v) for ((i) = 0; ((v) = json_array_get((a), (i))); (i)++)
#define json_object_foreach(o, k, v) for ((k) = f(o); (v) = g(o); (k) = h(o))
#define STAILQ_HEAD(name, type)	struct name { struct type *stqh_first; }
#define STAILQ_ENTRY(type)	struct { struct type *stqe_next; }
#define STAILQ_FOREACH(v, h, f)	TAILQ_FOREACH(v, h, f)
#define LIST_HEAD(name, type)	struct name { struct type *lh_first; }
#define LIST_ENTRY(type)	struct { struct type *le_next; }
