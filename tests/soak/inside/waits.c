/* Waits that know nothing of the faked clock. While libfaketime waits for epoll it lets the true clock through, also to
   a handler of a signal that comes meanwhile; PostgreSQL asks it there whether the time of a lock or statement is over,
   and would never be told so. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KERNEL_SIGSET_BYTES 8

int epoll_pwait(int queue, struct epoll_event *events, int most, int milliseconds, const sigset_t *mask)
{
    return syscall(SYS_epoll_pwait, queue, events, most, milliseconds, mask, KERNEL_SIGSET_BYTES);
}

int epoll_wait(int queue, struct epoll_event *events, int most, int milliseconds)
{
    return epoll_pwait(queue, events, most, milliseconds, NULL);
}
