// Errors out of the library's, and what arguments must be before it sees them.
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#import "RJInternal.h"

NSString *const RJErrorDomain = @"RJErrorDomain";
NSString *const RJErrorArgumentKey = @"RJErrorArgument";

NSError *RJMakeError(NSInteger status, NSString *argument, NSString *text) {
  NSMutableDictionary *info = [NSMutableDictionary dictionary];
  [info setObject:text forKey:NSLocalizedDescriptionKey];
  if (argument != nil)
    [info setObject:argument forKey:RJErrorArgumentKey];
  return [NSError errorWithDomain:RJErrorDomain code:status userInfo:info];
}

BOOL RJFail(NSError **error, NSInteger status, NSString *argument, NSString *text) {
  if (error != NULL)
    *error = RJMakeError(status, argument, text);
  return NO;
}

// How long the name is at the beginning of `text`, which writes it with underscores or with spaces;
// 0: it is not there.
static size_t length_of_name(const char *text, const char *name) {
  const char *at = text;
  for (; *name != '\0'; name++) {
    if (*name != '_') {
      if (*at++ != *name)
        return 0;
    } else if (*at == '\0' || isalnum((unsigned char)*at)) {
      return 0;
    } else {
      while (*at != '\0' && !isalnum((unsigned char)*at))
        at++;
    }
  }
  return isalnum((unsigned char)*at) ? 0 : (size_t)(at - text);
}

// The first name that stands in the text as whole words; of two in one place the longer.
static const char *name_in(const char *text, const RJArgumentName *names) {
  for (const char *at = text; *at != '\0'; at++) {
    if (!isalnum((unsigned char)*at) || (at > text && isalnum((unsigned char)at[-1])))
      continue;
    const char *found = NULL;
    size_t longest = 0;
    for (const RJArgumentName *name = names; name->there != NULL; name++) {
      size_t length = length_of_name(at, name->there);
      if (length > longest) {
        longest = length;
        found = name->here;
      }
    }
    if (found != NULL)
      return found;
  }
  return NULL;
}

static const char *argument_of(int32_t status) {
  switch (status) {
  case RJ_ERR_INVALID_CHANNEL_NAME:
    return "channel";
  case RJ_ERR_INVALID_USER_ID:
    return "uid";
  case RJ_ERR_INVALID_TOKEN:
    return "token";
  case RJ_ERR_SIZE_TOO_LARGE:
    return "data";
  default:
    return NULL;
  }
}

BOOL RJFailAsLibrary(NSError **error, int32_t status, const char *text,
                     const RJArgumentName *names) {
  if (error == NULL)
    return NO;
  const char *argument = argument_of(status);
  // The others are about no argument, whatever their texts name.
  BOOL names_one =
      status == RJ_ERR_INVALID_ARGUMENT || status == RJ_ERR_REFUSED || status == RJ_ERR_FAILED;
  if (argument == NULL && names != NULL && names_one)
    argument = name_in(text, names);
  return RJFail(error, status, argument == NULL ? nil : RJText(argument),
                text[0] == '\0' ? RJStatusName(status) : RJText(text));
}

BOOL RJFailDestroyed(NSError **error) {
  return RJFail(error, RJStatusNotInitialized, nil, @"the object was destroyed; make a new one");
}

BOOL RJCheckText(NSString *text, NSString *argument, NSInteger status, NSError **error) {
  if (text == nil)
    return YES;
  NSData *bytes = [text dataUsingEncoding:NSUTF8StringEncoding];
  if (bytes == nil)
    return RJFail(error, status, argument,
                  [NSString stringWithFormat:@"%@ is no Unicode text", argument]);
  if (memchr([bytes bytes], '\0', [bytes length]) != NULL)
    return RJFail(error, status, argument,
                  [NSString stringWithFormat:@"%@ has a NUL in it", argument]);
  return YES;
}

BOOL RJCheckUid(NSUInteger uid, NSError **error) {
  if ((uint64_t)uid <= UINT32_MAX)
    return YES;
  NSString *text =
      [NSString stringWithFormat:@"uid is %lu; it must be 1 to 4294967295, or 0: the edge chooses",
                                 (unsigned long)uid];
  return RJFail(error, RJStatusInvalidUserId, @"uid", text);
}

const char *RJBytes(NSString *text) {
  return [text UTF8String];
}

const char *RJBytesOrEmpty(NSString *text) {
  const char *bytes = RJBytes(text);
  return bytes == NULL ? "" : bytes;
}

NSString *RJText(const char *text) {
  NSString *made = [NSString stringWithUTF8String:text];
  if (made == nil) // a token with bytes that are none
    made = RJ_AUTORELEASE([[NSString alloc] initWithBytes:text
                                                   length:strlen(text)
                                                 encoding:NSISOLatin1StringEncoding]);
  return made;
}

NSString *RJTextOrNil(const char *text) {
  return text[0] == '\0' ? nil : RJText(text);
}

int64_t RJNanoseconds(NSTimeInterval seconds) {
  double nanoseconds = round(seconds * 1e9);
  if (nanoseconds >= 0x1p63)
    return INT64_MAX;
  if (nanoseconds < -0x1p63)
    return INT64_MIN;
  return (int64_t)nanoseconds;
}

NSTimeInterval RJSeconds(int64_t nanoseconds) {
  return (NSTimeInterval)nanoseconds / 1e9;
}

BOOL RJTimer(NSTimeInterval seconds, NSString *argument, int64_t *nanoseconds, NSError **error) {
  if (!(seconds >= 0)) { // also NaN
    NSString *text =
        [NSString stringWithFormat:@"%@ is %g s; it must not be less than 0, and 0 is the default",
                                   argument, seconds];
    return RJFail(error, RJStatusInvalidArgument, argument, text);
  }
  *nanoseconds = RJNanoseconds(seconds);
  if (*nanoseconds == 0 && seconds > 0)
    *nanoseconds = 1; // too short, and the library says so
  return YES;
}

void *RJCopyBytes(const void *bytes, size_t length) {
  void *copy = malloc(length);
  if (copy == NULL)
    abort();
  memcpy(copy, bytes, length);
  return copy;
}
