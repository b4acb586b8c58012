/*
 * What a call of the kernel costs, for sandbox_bench.c: prints nanoseconds for
 * one getppid(2), which does nothing else.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>

#define CALLS	300000

int
main(void)
{
	struct timespec	 a, b;
	int		 i;

	for (i = 0; i < CALLS / 10; i++)
		syscall(SYS_getppid);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.3f\n", ((double)(b.tv_sec - a.tv_sec) * 1e9 +
	    (double)(b.tv_nsec - a.tv_nsec)) / CALLS);
	return (0);
}
