/* Threads of one node and the gate that they pass one at a time, first come, first served. */
#ifndef PLATFORM_PLATFORM_THREAD_H
#define PLATFORM_PLATFORM_THREAD_H
#include <pthread.h>
#include <stdbool.h>

enum { PLATFORM_THREADS_MAX = 64 }; /* beside the first: nbthread's limit */

struct platform_thread_waiter;

struct platform_thread {
    pthread_t thread;
    void (*run)(void *data);
    void *data;
};

struct platform_thread_set {
    struct platform_thread threads[PLATFORM_THREADS_MAX];
    unsigned count;
    pthread_mutex_t lock; /* of what follows; held for moments only */
    bool taken;           /* somebody is inside */
    struct platform_thread_waiter *first, *last;
};

void platform_thread_init(struct platform_thread_set *set);
void platform_thread_finish(struct platform_thread_set *set); /* all were joined */
bool platform_thread_start(struct platform_thread_set *set, void (*run)(void *data), void *data);
void platform_thread_join_all(
    struct platform_thread_set *set); /* their run must end; not from inside the gate */
void platform_thread_enter(struct platform_thread_set *set);
void platform_thread_leave(struct platform_thread_set *set); /* by who entered */

#endif
