//! The one integration binary: each module tests a part through the library's public interface.

mod loader;
