/*
 * Numbers as people read them.  Runs in praetorctl.
 */
#include <pwd.h>
#include <stdio.h>

#include "praetorctl/ctl.h"

/* Three digits at least, so that a column of them can be compared. */
void
number_time(char *out, size_t size, uint64_t us)
{
	uint64_t	 s = us / 1000000;

	if (us < 1000000)
		snprintf(out, size, "%llums", (unsigned long long)us / 1000);
	else if (s < 60)
		snprintf(out, size, "%llu.%02llus", (unsigned long long)s,
		    (unsigned long long)us % 1000000 / 10000);
	else if (s < 3600)
		snprintf(out, size, "%llum%02llus", (unsigned long long)s / 60,
		    (unsigned long long)s % 60);
	else
		snprintf(out, size, "%lluh%02llum",
		    (unsigned long long)s / 3600,
		    (unsigned long long)s / 60 % 60);
}

void
number_bytes(char *out, size_t size, uint64_t n)
{
	static const char	 units[] = "KMGTPE";
	uint64_t		 rest = 0;
	size_t			 i;

	if (n < 1024) {
		snprintf(out, size, "%llu", (unsigned long long)n);
		return;
	}
	for (i = 0; n >= 1024; i++) {
		rest = n % 1024;
		n /= 1024;
	}
	snprintf(out, size, "%llu.%llu%c", (unsigned long long)n,
	    (unsigned long long)rest * 10 / 1024, units[i - 1]);
}

void
number_kib(char *out, size_t size, uint64_t kib)
{
	number_bytes(out, size, kib > UINT64_MAX / 1024 ? UINT64_MAX :
	    kib * 1024);
}

void
number_money(char *out, size_t size, uint64_t millionths)
{
	snprintf(out, size, "%llu.%04llu",
	    (unsigned long long)millionths / 1000000,
	    (unsigned long long)millionths % 1000000 / 100);
}

void
item_text(json_t *item, const char *member, const char *text)
{
	json_object_set_new(item, member, json_string(text));
}

void
item_user(json_t *item)
{
	const json_t	*v = json_object_get(item, "uid");
	struct passwd	*pw;
	char		 text[24];

	if (!json_is_integer(v))
		return;
	snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(v));
	pw = getpwuid((uid_t)json_integer_value(v));
	item_text(item, "user", pw != NULL ? pw->pw_name : text);
}

void
item_number(json_t *item, const char *member,
    void (*format)(char *, size_t, uint64_t))
{
	const json_t	*v = json_object_get(item, member);
	char		 text[40];

	format(text, sizeof(text), (uint64_t)json_integer_value(v));
	item_text(item, member, json_is_integer(v) ? text : "-");
}
