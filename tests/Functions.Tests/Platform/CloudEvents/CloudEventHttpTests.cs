using System.Text;
using System.Text.Json;
using AgentWarden.Platform.CloudEvents;
using CloudNative.CloudEvents;

namespace AgentWarden.Tests.Platform.CloudEvents;

public sealed class CloudEventHttpTests
{
    private const string Minimal = """{"specversion":"1.0","id":"1","source":"/s","type":"t"}""";

    [Fact]
    public void A_structured_event_is_read_whole()
    {
        var e = Assert.Single(Structured(
            """
            {"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"x","time":"2025-01-01T00:00:00.5Z","datacontenttype":"application/json",
            "dataschema":"urn:x","kind":"Pod","number":7,"flag":true,"nothing":null,"data":{"a":[1,2]}}
            """));
        Assert.Equal(("1", "/s", "t", "x", "urn:x"), (e.Id, e.Source?.OriginalString, e.Type, e.Subject, e.DataSchema?.OriginalString));
        Assert.Equal(new DateTimeOffset(2025, 1, 1, 0, 0, 0, 500, TimeSpan.Zero), e.Time);
        Assert.Equal([("flag", "true"), ("kind", "Pod"), ("number", "7")], e.ExtensionAttributes.Select(x => (x.Name, (string)e[x]!)).Order());
        Assert.Equal("""{"a":[1,2]}""", Json(e));
    }

    [Fact]
    public void Data_may_be_text_or_base64()
    {
        const string Start = """{"specversion":"1.0","id":"1","source":"/s","type":"t",""";
        Assert.Equal("<a/>", Assert.Single(Structured(Start + """ "datacontenttype":"text/xml","data":"<a/>"}""")).Data);
        Assert.Equal("<a/>", Assert.Single(Structured(Start + """ "data":"<a/>","datacontenttype":"text/xml"}""")).Data);
        Assert.Equal(new byte[] { 1, 2, 3 }, Assert.Single(Structured(Start + """ "data_base64":"AQID"}""")).Data);
    }

    [Fact]
    public void A_binary_event_is_read_from_headers_and_decoded()
    {
        var e = Assert.Single(CloudEventHttp.Parse(
            Headers(("ce-specversion", "1.0"), ("CE-ID", "a%20b%E2%82%AC"), ("ce-source", "/s"), ("ce-type", "t"), ("ce-kind", "100%"), ("Content-Type", "application/json")),
            "{}"u8.ToArray()));
        Assert.Equal(("a b€", "100%", "application/json"), (e.Id, e.TextOf(ObjectAttributes.Kind), e.DataContentType));
        Assert.Equal("{}", Json(e));
    }

    [Theory]
    [InlineData("application/vnd.x+json; charset=utf-8", "{}", typeof(JsonElement))]
    [InlineData(null, "{}", typeof(JsonElement))]
    [InlineData("text/plain", "{}", typeof(string))]
    [InlineData("image/png", "{}", typeof(byte[]))]
    [InlineData("application/json", "", null)]
    public void Data_of_a_binary_event_is_what_its_content_type_says(string? type, string body, Type? data)
    {
        var headers = Headers(("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/s"), ("ce-type", "t"));
        if (type is not null)
        {
            headers["content-type"] = type;
        }

        Assert.Equal(data, Assert.Single(CloudEventHttp.Parse(headers, Encoding.UTF8.GetBytes(body))).Data?.GetType());
    }

    [Theory]
    [InlineData("utf-16"), InlineData("\"UTF-8\""), InlineData("iso-8859-1")]
    public void Another_charset_is_read(string charset)
    {
        var body = Encoding.GetEncoding(charset.Trim('"')).GetBytes(Minimal.Replace("\"1\"", "\"ü\"", StringComparison.Ordinal));
        Assert.Equal("ü", Assert.Single(CloudEventHttp.Parse(Headers(("content-type", $"Application/CloudEvents+JSON; charset={charset}")), body)).Id);
    }

    [Theory]
    [InlineData("klingon"), InlineData("utf-16;;=")]
    public void A_charset_that_is_not_known_is_told(string charset) =>
        Assert.True(Assert.Throws<CloudEventException>(() => CloudEventHttp.Parse(
            Headers(("content-type", $"{MediaTypes.Structured}; charset={charset}")), Encoding.UTF8.GetBytes(Minimal))).IsMediaType);

    [Theory]
    [InlineData("2025-01-01t00:00:00z")]
    [InlineData("2025-01-01T01:00:00.000000000+01:00")]
    [InlineData("2025-01-01 00:00:00")]
    public void A_time_may_be_written_otherwise(string time)
    {
        var e = Assert.Single(Structured(Minimal[..^1] + $$""","time":"{{time}}"}"""));
        Assert.Equal(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero), e.Time);
    }

    [Fact]
    public void What_is_empty_or_null_counts_as_absent()
    {
        var e = Assert.Single(Structured(Minimal[..^1] + ""","subject":"","time":"","dataschema":"","datacontenttype":null,"data":null,"data_base64":null}"""));
        Assert.Equal((null, null, null, null, null), (e.Subject, e.Time, e.DataSchema, e.DataContentType, e.Data));
    }

    [Fact]
    public void A_byte_order_mark_and_escaped_names_are_read()
    {
        byte[] body = [0xef, 0xbb, 0xbf, .. Encoding.UTF8.GetBytes(Minimal.Replace("\"id\"", "\"\\u0069d\"", StringComparison.Ordinal))];
        Assert.Equal("1", Assert.Single(CloudEventHttp.Parse(Headers(("content-type", MediaTypes.Structured)), body)).Id);
    }

    [Theory]
    [InlineData("\"a b\"", "a b")]
    [InlineData("\"say \\\"hi\\\" %E2%82%AC\"", "say \"hi\" €")]
    [InlineData("\"", "\"")]
    [InlineData("a\"b\"", "a\"b\"")]
    public void A_header_that_an_older_sender_has_quoted_is_read_without_its_quotes(string header, string id) =>
        Assert.Equal(id, Assert.Single(CloudEventHttp.Parse(
            Headers(("ce-specversion", "1.0"), ("ce-id", header), ("ce-source", "/s"), ("ce-type", "t")), default)).Id);

    [Fact]
    public void A_batch_is_an_array_and_may_be_empty()
    {
        Assert.Equal(2, Batch($"[{Minimal},{Minimal}]").Count);
        Assert.Empty(Batch("[]"));
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("nonsense", "JSON")]
    [InlineData("[]", "object")]
    [InlineData("null", "object")]
    [InlineData("{}", "specversion")]
    [InlineData("""{"specversion":"0.3","id":"1","source":"/s","type":"t"}""", "1.0")]
    [InlineData("""{"specversion":1.0,"id":"","source":"/s","type":"t"}""", "id")]
    [InlineData("""{"specversion":"1.0","source":"/s","type":"t"}""", "id")]
    [InlineData("""{"specversion":"1.0","id":"1","type":"t"}""", "source")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s"}""", "type")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","time":"noon"}""", "time")]
    [InlineData("""{"specversion":"1.0","id":{},"source":"/s","type":"t"}""", "attribute")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","Bad_Name":"x"}""", "lower-case")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","data_base64":"%"}""", "base64")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","data_base64":7}""", "string")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","data_base64":"AQID","data":1}""", "not both")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"http://[","type":"t"}""", "source")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"a\u0000b"}""", "control")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"what"}""", "media type")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t"}{}""", "JSON")]
    [InlineData("""{"specversion":"1.0","id":"\ud800","source":"/s","type":"t"}""", "Unicode")]
    [InlineData("""{"id":"1","eventType":"x","subject":"","eventTime":"2025-01-01","data":{},"dataVersion":"1"}""", "CloudEvents v1.0 schema")]
    public void A_malformed_event_says_what_is_wrong(string json, string word) =>
        Assert.Contains(word, Assert.Throws<CloudEventException>(() => Structured(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_batch_says_which_event_is_wrong_and_has_a_limit()
    {
        Assert.StartsWith("Event 1 of the batch", Assert.Throws<CloudEventException>(() => Batch($"[{Minimal},{{}}]")).Message, StringComparison.Ordinal);
        Assert.Contains("array", Assert.Throws<CloudEventException>(() => Batch(Minimal)).Message, StringComparison.Ordinal);
        var large = $"[{string.Join(',', Enumerable.Repeat(Minimal, CloudEventJsonFormatter.MaxBatch + 1))}]";
        Assert.Contains("at most", Assert.Throws<CloudEventException>(() => Batch(large)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("application/cloudevents+xml")]
    [InlineData(null)]
    public void A_content_type_that_is_not_read_is_told_what_is(string? type)
    {
        var headers = type is null ? Headers() : Headers(("Content-Type", type));
        var e = Assert.Throws<CloudEventException>(() => CloudEventHttp.Parse(headers, Encoding.UTF8.GetBytes(Minimal)));
        Assert.True(e.IsMediaType);
        Assert.Contains("application/cloudevents+json", e.Message, StringComparison.Ordinal);
        Assert.Contains("application/cloudevents-batch+json", e.Message, StringComparison.Ordinal);
    }

    internal static Dictionary<string, string> Headers(params (string Name, string Value)[] headers) => headers.ToDictionary(h => h.Name, h => h.Value, StringComparer.OrdinalIgnoreCase);

    private static string Json(CloudEvent e) => Assert.IsType<JsonElement>(e.Data).GetRawText();

    private static IReadOnlyList<CloudEvent> Structured(string json) =>
        CloudEventHttp.Parse(Headers(("content-type", "application/cloudevents+json; charset=utf-8")), Encoding.UTF8.GetBytes(json));

    private static IReadOnlyList<CloudEvent> Batch(string json) =>
        CloudEventHttp.Parse(Headers(("content-type", "application/cloudevents-batch+json")), Encoding.UTF8.GetBytes(json));
}
