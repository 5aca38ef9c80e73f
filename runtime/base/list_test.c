/* Rings of links: order, removal within a walk. */
#include "base/list.h"
#include "base/test.h"

struct item {
    int number;
    struct list link;
};

static int number_of(struct list *link)
{
    return LIST_ITEM(link, struct item, link)->number;
}

/* The numbers as decimal digits, forwards; -1 when the way back is another one. */
static int digits(const struct list *head)
{
    int forwards = 0, backwards = 0, scale = 1;
    LIST_EACH (at, head)
        forwards = forwards * 10 + number_of(at);
    for (struct list *at = head->prev; at != head; at = at->prev, scale *= 10)
        backwards += number_of(at) * scale;
    return forwards == backwards ? forwards : -1;
}

static void order_of_adding(void)
{
    struct list head;
    struct item items[5];
    list_init(&head);
    EXPECT(list_empty(&head) && list_first(&head) == NULL);
    for (int i = 0; i < 5; i++)
        items[i].number = i + 1;
    list_add_last(&head, &items[1].link);
    list_add_last(&head, &items[2].link);
    list_add_first(&head, &items[0].link);
    list_insert_before(&items[2].link, &items[4].link);
    list_add_last(&head, &items[3].link);
    EXPECT_INT(digits(&head), 12534);
    EXPECT(list_first(&head) == &items[0].link);
    EXPECT(!list_empty(&head));
}

static void removing(void)
{
    struct list head;
    struct item items[3];
    for (int gone = 0; gone < 3; gone++) {
        static const int left[] = { 23, 13, 12 };
        list_init(&head);
        for (int i = 0; i < 3; i++) {
            items[i].number = i + 1;
            list_add_last(&head, &items[i].link);
        }
        list_remove(&items[gone].link);
        EXPECT_INT(digits(&head), left[gone]);
        EXPECT(list_empty(&items[gone].link));
        list_remove(&items[gone].link); /* harmless */
        EXPECT_INT(digits(&head), left[gone]);
        list_add_last(&head, &items[gone].link);
        EXPECT_INT(digits(&head), left[gone] * 10 + gone + 1);
    }
}

static void removing_in_a_walk(void)
{
    for (unsigned mask = 0; mask < 32; mask++) {
        struct list head;
        struct item items[5];
        int left = 0, walked = 0;
        list_init(&head);
        for (int i = 0; i < 5; i++) {
            items[i].number = i + 1;
            list_add_last(&head, &items[i].link);
            left = mask >> i & 1 ? left : left * 10 + i + 1;
        }
        LIST_EACH_SAFE(at, &head)
        {
            walked++;
            if (mask >> (number_of(at) - 1) & 1)
                list_remove(at);
        }
        EXPECT_INT(walked, 5);
        EXPECT_INT(digits(&head), left);
        EXPECT_INT(list_empty(&head), mask == 31);
    }
}

const struct test_row tests[] = {
    { "items stand where they were put", order_of_adding },
    { "an item goes from each place, and twice is harmless", removing },
    { "any of the items may go while all are walked", removing_in_a_walk },
    { 0 },
};
