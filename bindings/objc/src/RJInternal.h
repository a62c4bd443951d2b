// What the classes share: errors out of the library's, and arguments for it.
#import <RejoinKit/RJErrors.h>

#include <rejoin/rejoin.h>

#import "RJMemory.h"

RJ_NOTHING_NIL_BEGIN

// What the library's texts call an argument, and what it is called here; a list ends with NULL.
typedef struct {
  const char *RJ_OR_NULL there;
  const char *RJ_OR_NULL here;
} RJArgumentName;

NSError *RJMakeError(NSInteger status, NSString *RJ_OR_NIL argument, NSString *text);

// Sets *error, where somebody wants it; always NO.
BOOL RJFail(RJ_ERROR_OUT error, NSInteger status, NSString *RJ_OR_NIL argument, NSString *text);

// The same with the text of the library, which names the argument in its own words.
BOOL RJFailAsLibrary(RJ_ERROR_OUT error, int32_t status, const char *text,
                     const RJArgumentName *RJ_OR_NULL names);

// The error of every call on what was destroyed.
BOOL RJFailDestroyed(RJ_ERROR_OUT error);

// Whether a text can go to C, where a NUL would end it; nil can.
BOOL RJCheckText(NSString *RJ_OR_NIL text, NSString *argument, NSInteger status,
                 RJ_ERROR_OUT error);

BOOL RJCheckUid(NSUInteger uid, RJ_ERROR_OUT error);

// Bytes of a text that was checked, valid as long as the text and the pool; NULL for nil.
const char *RJ_OR_NULL RJBytes(NSString *RJ_OR_NIL text);

const char *RJBytesOrEmpty(NSString *RJ_OR_NIL text); // "" for nil

// A text of the library; what is no UTF-8 in it is shown byte by byte.
NSString *RJText(const char *text);
NSString *RJ_OR_NIL RJTextOrNil(const char *text); // "" is nil

int64_t RJNanoseconds(NSTimeInterval seconds); // to the nearest; what is too long is the longest
NSTimeInterval RJSeconds(int64_t nanoseconds);

// A timer for C; 0: the default.
BOOL RJTimer(NSTimeInterval seconds, NSString *argument, int64_t *nanoseconds, RJ_ERROR_OUT error);

// Memory that the runtime's objects own; ends the program where there is none.
void *RJCopyBytes(const void *bytes, size_t length);

RJ_NOTHING_NIL_END
