//! The bytes of WAP-192 that ActiveSync uses, and those it must not.

/// Version 1.3, unknown public id, UTF-8, empty string table: how every ActiveSync document begins.
pub const HEADER: [u8; 4] = [VERSION, PUBLIC_ID_UNKNOWN, CHARSET_UTF_8, 0x00];

pub const VERSION: u8 = 0x03;
pub const PUBLIC_ID_UNKNOWN: u8 = 0x01;
/// The IANA `MIBenum` of UTF-8.
pub const CHARSET_UTF_8: u8 = 0x6A;

pub const SWITCH_PAGE: u8 = 0x00;
pub const END: u8 = 0x01;
pub const ENTITY: u8 = 0x02;
pub const STR_I: u8 = 0x03;
pub const LITERAL: u8 = 0x04;
pub const EXT_I_0: u8 = 0x40;
pub const EXT_I_2: u8 = 0x42;
pub const PI: u8 = 0x43;
pub const LITERAL_C: u8 = 0x44;
pub const EXT_T_0: u8 = 0x80;
pub const EXT_T_2: u8 = 0x82;
pub const STR_T: u8 = 0x83;
pub const LITERAL_A: u8 = 0x84;
pub const EXT_0: u8 = 0xC0;
pub const EXT_2: u8 = 0xC2;
pub const OPAQUE: u8 = 0xC3;
pub const LITERAL_AC: u8 = 0xC4;

/// In a tag byte: the element has content and an END.
pub const HAS_CONTENT: u8 = 0x40;
/// In a tag byte: the element has attributes; ActiveSync has none.
pub const HAS_ATTRIBUTES: u8 = 0x80;
