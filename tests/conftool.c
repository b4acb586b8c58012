/*
 * Reads a configuration as praetord -n does, without a daemon: for the tests
 * of tests/conf and for those of the manuals.
 *
 *	conftool [-nu] file	print what was read; -n check only, -u user mode
 *	conftool -k		print the keywords
 *	conftool -o		print each scalar setting with its range
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "praetord/conf.h"
#include "praetord/conf_parse.h"
#include "praetord/lex.h"

static void
print_keywords(void)
{
	const struct lex_keyword	*k;
	size_t				 i, n;

	k = lex_keywords(&n);
	for (i = 0; i < n; i++)
		puts(k[i].word);
}

static void
print_options(void)
{
	const struct conf_option	*o;
	char				 min[24], max[24], dflt[24];

	for (o = conf_options; o < conf_options + OPT_MAX; o++) {
		conf_unit_format(min, o->unit, o->min);
		conf_unit_format(max, o->unit, o->max);
		conf_unit_format(dflt, o->unit, o->dflt);
		printf("%s\t%s\t%s\t%s\t%s\n", o->words, min, max, dflt,
		    o->text);
	}
}

int
main(int argc, char **argv)
{
	enum conf_mode	 mode = MODE_SYSTEM;
	struct conf	*c;
	int		 ch, check = 0;

	while ((ch = getopt(argc, argv, "knou")) != -1) {
		if (ch == 'k')
			print_keywords();
		else if (ch == 'n')
			check = 1;
		else if (ch == 'o')
			print_options();
		else if (ch == 'u')
			mode = MODE_USER;
		else
			errx(2, "usage: conftool [-knou] [file]");
	}
	if (argv[optind] == NULL)
		return (0);
	if ((c = conf_load(argv[optind], mode)) == NULL)
		return (1);
	if (!check)
		conf_print(stdout, c);
	conf_free(c);
	return (0);
}
