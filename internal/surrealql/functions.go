package surrealql

import "strings"

// What a call may do. A function is known to read, or it counts as one that writes:
// the lists below are the only place that says which. They hold what the tables of
// paths of 2.6.5, 3.0.2, 3.3.5 and 4.0.0-beta.1 name, without
//
//   - api::*, which calls a route of the database or the closures of a middleware
//   - eval::surql and eval::gql (3.2 and later), which run a text
//   - http::*, which calls out: what a GET does elsewhere is not the server's to say
//   - sequence::nextval, which moves a counter that no rollback moves back
//   - file::put, copy, rename and delete, and those with _if_not_exists
//
// and fn::, mod::, silo::, ml:: and function(), whose bodies no text shows. The
// servers themselves are more lenient: 3.3.5 takes only api::invoke and eval::* for
// writers, 4.0.0-beta.1 in its "mutating" list http::* but for get and head, too.
// sleep stays a reader: it only takes time. rand::* and time::now give another value
// to each call, and change nothing.

// readers are the functions and constants that only read, by their first word. The
// rest of each path stands between blanks.
var readers = map[string]string{
	"": " count not rand sleep ",
	"array": " add all any append at boolean_and boolean_not boolean_or boolean_xor clump combine " +
		"complement concat difference distinct every fill filter filter_index find find_index " +
		"first flatten fold group includes index_of insert intersect is_empty join last len " +
		"logical_and logical_or logical_xor map matches max min pop prepend push range reduce " +
		"remove repeat reverse sequence shuffle slice some sort sort::asc sort::desc " +
		"sort_lexical sort_natural sort_natural_lexical swap transpose union windows ",
	"bytes": " len ",
	"crypto": " argon2::compare argon2::generate bcrypt::compare bcrypt::generate blake3 joaat md5 " +
		"pbkdf2::compare pbkdf2::generate scrypt::compare scrypt::generate sha1 sha256 sha512 ",
	"duration": " days from::days from::hours from::micros from::millis from::mins from::nanos from::secs " +
		"from::weeks from_days from_hours from_micros from_millis from_mins from_nanos " +
		"from_secs from_weeks hours max micros millis mins nanos secs set_day set_hour " +
		"set_minute set_month set_nanosecond set_second set_year weeks years ",
	"encoding": " base64::decode base64::encode cbor::decode cbor::encode json::decode json::encode ",
	"file":     " bucket exists get head key list ",
	"geo":      " area bearing centroid distance hash::decode hash::encode is::valid is_valid ",
	"math": " abs acos acot asin atan bottom ceil clamp cos cot deg2rad e fixed floor frac_1_pi " +
		"frac_1_sqrt_2 frac_2_pi frac_2_sqrt_pi frac_pi_2 frac_pi_3 frac_pi_4 frac_pi_6 " +
		"frac_pi_8 inf infinity interquartile lerp lerpangle ln ln_10 ln_2 log log10 log10_2 " +
		"log10_e log2 log2_10 log2_e max mean median midhinge min mode nearestrank neg_inf " +
		"neg_infinity percentile pi pow product rad2deg round sign sin spread sqrt sqrt_2 " +
		"stddev sum tan tau top trimean variance ",
	"meta":   " id tb ",
	"object": " entries extend from_entries is_empty keys len matches remove values ",
	"parse": " email::host email::user url::domain url::fragment url::host url::path url::port url::query " +
		"url::scheme ",
	"rand":    " bool duration enum float guid id int string time ulid uuid uuid::v4 uuid::v7 ",
	"record":  " exists id is_edge refs table tb ",
	"schema":  " table::exists ",
	"search":  " analyze highlight linear offsets rrf score ",
	"session": " ac db id ip ns origin rd token ",
	"set": " add all any at complement contains difference filter find first flatten fold intersect " +
		"is_empty join last len map max min reduce remove slice union ",
	"string": " capitalize concat contains distance::damerau_levenshtein distance::hamming " +
		"distance::levenshtein distance::normalized_damerau_levenshtein " +
		"distance::normalized_levenshtein distance::osa distance::osa_distance ends_with " +
		"html::encode html::sanitize is::alpha is::alphanum is::ascii is::datetime is::domain " +
		"is::email is::hexadecimal is::ip is::ipv4 is::ipv6 is::latitude is::longitude " +
		"is::numeric is::record is::semver is::ulid is::url is::uuid is_alpha is_alphanum " +
		"is_ascii is_datetime is_domain is_email is_hexadecimal is_ip is_ipv4 is_ipv6 " +
		"is_latitude is_longitude is_numeric is_record is_semver is_ulid is_url is_uuid join " +
		"len lowercase matches repeat replace reverse semver::compare semver::inc::major " +
		"semver::inc::minor semver::inc::patch semver::major semver::minor semver::patch " +
		"semver::set::major semver::set::minor semver::set::patch similarity::fuzzy " +
		"similarity::jaro similarity::jaro_winkler similarity::smithwaterman " +
		"similarity::sorensen_dice slice slug split start_with starts_with trim uppercase " +
		"words ",
	"time": " ceil day epoch floor format from::micros from::millis from::nanos from::secs from::ulid " +
		"from::unix from::uuid from_micros from_millis from_nanos from_secs from_ulid " +
		"from_unix from_uuid group hour is::leap_year is_leap_year max maximum micros millis " +
		"min minimum minute month nano now round second set_day set_hour set_minute set_month " +
		"set_nanosecond set_second set_year timezone unix wday week yday year ",
	"type": " array bool bytes datetime decimal duration f16 f32 field fields file float geometry i16 i32 " +
		"i8 int is::array is::bool is::bytes is::collection is::datetime is::decimal " +
		"is::duration is::float is::geometry is::int is::line is::multiline is::multipoint " +
		"is::multipolygon is::none is::null is::number is::object is::point is::polygon " +
		"is::range is::record is::string is::uuid is_array is_bool is_bytes is_collection " +
		"is_datetime is_decimal is_duration is_f16 is_f32 is_float is_geometry is_i16 is_i32 " +
		"is_i8 is_int is_line is_multiline is_multipoint is_multipolygon is_none is_null " +
		"is_number is_object is_point is_polygon is_range is_record is_set is_string is_u16 " +
		"is_u32 is_u64 is_u8 is_uuid number of point range record set string string_lossy " +
		"table thing u16 u32 u64 u8 uuid ",
	"value": " chain diff expect patch ",
	"vector": " add angle cross distance::chebyshev distance::euclidean distance::hamming distance::knn " +
		"distance::mahalanobis distance::manhattan distance::minkowski divide dot magnitude " +
		"multiply normalize project scale similarity::cosine similarity::jaccard " +
		"similarity::pearson similarity::spearman subtract sum ",
}

// readingMethods are the methods of 2.6.5 to 4.0.0-beta.1 that only read. Any other
// name may be a closure in an object: $o.run(1).
const readingMethods = " " +
	"abs acos acot add all any append area array asin at atan bearing boolean_and boolean_not " +
	"boolean_or boolean_xor bucket capitalize ceil centroid chain clump combine complement " +
	"concat contains cos cot datetime day days deg2rad diff difference distance " +
	"distance_damerau_levenshtein distance_hamming distance_levenshtein " +
	"distance_normalized_damerau_levenshtein distance_normalized_levenshtein distinct " +
	"ends_with entries every exists expect extend fill filter filter_index find find_index " +
	"first flatten floor fold format geometry get group hash_decode hash_encode head hour " +
	"hours html_encode html_sanitize id includes index_of insert intersect is_alpha " +
	"is_alphanum is_array is_ascii is_bool is_bytes is_collection is_datetime is_decimal " +
	"is_domain is_duration is_edge is_email is_empty is_float is_geometry is_hexadecimal " +
	"is_int is_ip is_ipv4 is_ipv6 is_latitude is_leap_year is_line is_longitude is_multiline " +
	"is_multipoint is_multipolygon is_none is_null is_number is_numeric is_object is_point " +
	"is_polygon is_range is_record is_semver is_set is_string is_ulid is_url is_uuid is_valid " +
	"join key keys last len list ln log log10 log2 logical_and logical_or logical_xor " +
	"lowercase map matches max micros millis min mins minute month nano nanos number patch pop " +
	"prepend push rad2deg reduce refs remove repeat replace reverse round second secs " +
	"semver_compare semver_inc_major semver_inc_minor semver_inc_patch semver_major " +
	"semver_minor semver_patch semver_set_major semver_set_minor semver_set_patch set_day " +
	"set_hour set_minute set_month set_nanosecond set_second set_year shuffle sign " +
	"similarity_fuzzy similarity_jaro similarity_jaro_winkler similarity_smithwaterman " +
	"similarity_sorensen_dice sin slice slug some sort sort_asc sort_desc sort_lexical " +
	"sort_natural sort_natural_lexical split starts_with string swap table tan tb to_array " +
	"to_bool to_bytes to_datetime to_decimal to_duration to_float to_geometry to_int to_number " +
	"to_point to_range to_record to_set to_string to_string_lossy to_uuid transpose trim " +
	"type_of union unix uppercase values vector_add vector_angle vector_cross " +
	"vector_distance_chebyshev vector_distance_euclidean vector_distance_hamming " +
	"vector_distance_knn vector_distance_mahalanobis vector_distance_manhattan " +
	"vector_distance_minkowski vector_divide vector_dot vector_magnitude vector_multiply " +
	"vector_normalize vector_project vector_scale vector_similarity_cosine " +
	"vector_similarity_jaccard vector_similarity_pearson vector_similarity_spearman " +
	"vector_subtract vector_sum wday week weeks windows words yday year years "

// readsOnly reports whether a builtin function, by its path in lower case, is known
// to read.
func readsOnly(path string) bool {
	family, rest, ok := strings.Cut(path, "::")
	if !ok {
		family, rest = "", path
	}
	return listed(readers[family], rest)
}

// readingMethod reports whether a method is known to read.
func readingMethod(name string) bool { return listed(readingMethods, name) }

// takesClosure returns the number of the first argument of a function (path) or method
// (name) that may be a closure and is run, or -1; and whether nothing but a closure will
// do there (the signatures of array.rs, set.rs and value.rs).
func takesClosure(path string) (at int, only bool) {
	family, name, ok := strings.Cut(path, "::")
	switch {
	case !ok:
		name = family
	case family == "array", family == "set", family == "value":
		at = 1
	default:
		return -1, false
	}
	switch name {
	case "all", "any", "every", "some", "includes", "index_of", "filter", "filter_index", "find", "find_index":
		return at, false
	case "map", "reduce", "chain", "expect":
		return at, true
	case "fold":
		return at + 1, true
	}
	return -1, false
}

// listed reports whether one of the words of a list, which blanks part, is the name.
func listed(list, name string) bool {
	return name != "" && !strings.Contains(name, " ") && strings.Contains(list, " "+name+" ")
}
