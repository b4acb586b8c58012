/*
 * The set-up of libgit2.  Runs in the reviewer, before its sandbox.  What
 * libgit2 reads of foreign repositories is data; their configuration,
 * hooks, filters and attributes are never looked at.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <git2/sys/repository.h>

#include "common/err.h"
#include "reviewer/gitlib.h"
#include "reviewer/outcome.h"

#define PACK_OBJECTS_MAX	(50UL * 1000 * 1000)
#define PACK_OBJECT_SIZE_MAX	(2UL * 1024 * 1024 * 1024)
#define CERTIFICATES		"/etc/ssl/certs/ca-certificates.crt"

static int
gitlib_options(void)
{
	static const int levels[] = { GIT_CONFIG_LEVEL_PROGRAMDATA,
	    GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
	    GIT_CONFIG_LEVEL_GLOBAL };
	size_t	 i;
	int	 rc = 0;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		rc |= git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
	rc |= git_libgit2_opts(GIT_OPT_SET_TEMPLATE_PATH, "");
	rc |= git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	rc |= git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
	rc |= git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 1);
	rc |= git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	rc |= git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS,
	    (size_t)PACK_OBJECTS_MAX);
	rc |= git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECT_SIZE,
	    (size_t)PACK_OBJECT_SIZE_MAX);
	/*
	 * GIT_OPT_SET_USER_AGENT is left alone: git_libgit2_shutdown() frees
	 * the text and keeps the pointer, and a hand begins libgit2 anew.
	 */
	return (rc);
}

int
gitlib_authorities(void)
{
	/* Without certificates every https:// connection is refused. */
	if (access(CERTIFICATES, R_OK) == -1)
		return (0);
	return (git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, CERTIFICATES,
	    NULL));
}

int
gitlib_init(struct outcome *o)
{
	int	 rc;

	if ((rc = git_libgit2_init()) < 0)
		return (outcome_git(o, rc, "libgit2"));
	if ((rc = gitlib_options()) != 0)
		return (outcome_git(o, rc, "options of libgit2"));
	return (0);
}

void
gitlib_end(void)
{
	git_libgit2_shutdown();
}

int
gitlib_open(git_repository **out, const char *gitdir, struct outcome *o)
{
	git_repository	*repo = NULL;
	git_config	*empty = NULL;
	int		 rc;

	if ((rc = git_repository_open_bare(&repo, gitdir)) != 0 ||
	    (rc = git_config_new(&empty)) != 0 ||
	    (rc = git_repository_set_config(repo, empty)) != 0) {
		git_config_free(empty);
		git_repository_free(repo);
		return (outcome_git(o, rc, "%s", gitdir));
	}
	git_config_free(empty);
	*out = repo;
	return (0);
}

int
gitlib_tree(git_tree **out, git_repository *repo, const git_oid *id,
    struct outcome *o)
{
	git_object	*obj = NULL;
	char		 hex[OID_SIZE];
	int		 rc;

	gitlib_hex(hex, id);
	if ((rc = git_object_lookup(&obj, repo, id, GIT_OBJECT_ANY)) == 0)
		rc = git_object_peel((git_object **)out, obj, GIT_OBJECT_TREE);
	git_object_free(obj);
	if (rc != 0)
		return (outcome_git(o, rc, "tree of %s", hex));
	return (0);
}

int
gitlib_tree_id(git_oid *out, git_repository *repo, const git_oid *id,
    struct outcome *o)
{
	git_tree	*tree;
	int		 err;

	if ((err = gitlib_tree(&tree, repo, id, o)) != 0)
		return (err);
	git_oid_cpy(out, git_tree_id(tree));
	git_tree_free(tree);
	return (0);
}

void
gitlib_hex(char out[OID_SIZE], const git_oid *id)
{
	git_oid_tostr(out, OID_SIZE, id);
}
