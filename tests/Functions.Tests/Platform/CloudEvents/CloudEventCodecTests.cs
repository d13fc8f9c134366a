using System.Text;
using AgentWarden.Platform.CloudEvents;

namespace AgentWarden.Tests.Platform.CloudEvents;

public sealed class CloudEventCodecTests
{
    private const string Minimal = """{"specversion":"1.0","id":"1","source":"/s","type":"t"}""";

    [Fact]
    public void A_structured_event_is_read_whole()
    {
        var e = Assert.Single(Structured("""{"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"x","time":"2025-01-01T00:00:00.5Z","datacontenttype":"application/json","dataschema":"urn:x","kind":"Pod","number":7,"flag":true,"nothing":null,"data":{"a":[1,2]}}"""));
        Assert.Equal(("1", "/s", "t", "x", "urn:x"), (e.Id, e.Source, e.Type, e.Subject, e.DataSchema));
        Assert.Equal(new DateTimeOffset(2025, 1, 1, 0, 0, 0, 500, TimeSpan.Zero), e.Time);
        Assert.Equal([("flag", "true"), ("kind", "Pod"), ("number", "7")], e.Extensions.Select(x => (x.Key, x.Value)).Order());
        Assert.Equal("""{"a":[1,2]}""", Encoding.UTF8.GetString(e.Data.Span));
    }

    [Fact]
    public void Data_may_be_text_or_base64()
    {
        Assert.Equal("<a/>", Encoding.UTF8.GetString(Assert.Single(Structured("""{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"text/xml","data":"<a/>"}""")).Data.Span));
        Assert.Equal([1, 2, 3], Assert.Single(Structured("""{"specversion":"1.0","id":"1","source":"/s","type":"t","data_base64":"AQID"}""")).Data.ToArray());
    }

    [Fact]
    public void A_binary_event_is_read_from_headers_and_decoded()
    {
        var e = Assert.Single(CloudEventCodec.Parse(Headers(("ce-specversion", "1.0"), ("CE-ID", "a%20b%E2%82%AC"), ("ce-source", "/s"), ("ce-type", "t"), ("ce-kind", "100%"), ("Content-Type", "application/json")), "{}"u8.ToArray()));
        Assert.Equal(("a b€", "100%", "application/json"), (e.Id, e.Extensions["kind"], e.DataContentType));
        Assert.Equal("{}", Encoding.UTF8.GetString(e.Data.Span));
    }

    [Theory]
    [InlineData("\"a b\"", "a b")]
    [InlineData("\"say \\\"hi\\\" %E2%82%AC\"", "say \"hi\" €")]
    [InlineData("\"", "\"")]
    [InlineData("a\"b\"", "a\"b\"")]
    public void A_header_that_an_older_sender_has_quoted_is_read_without_its_quotes(string header, string id) =>
        Assert.Equal(id, Assert.Single(CloudEventCodec.Parse(Headers(("ce-specversion", "1.0"), ("ce-id", header), ("ce-source", "/s"), ("ce-type", "t")), default)).Id);

    [Fact]
    public void A_batch_is_an_array_and_may_be_empty()
    {
        Assert.Equal(2, Batch($"[{Minimal},{Minimal}]").Count);
        Assert.Empty(Batch("[]"));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        var e = new CloudEvent
        {
            Id = "a\"b", Source = "https://10.0.0.1:443", Type = "t", Subject = "s", Time = DateTimeOffset.UnixEpoch.AddTicks(1), DataContentType = "application/json",
            Extensions = new Dictionary<string, string>(StringComparer.Ordinal) { ["kind"] = "Pod" }, Data = """{"x":"ü"}"""u8.ToArray(),
        };
        var binary = e with { DataContentType = "image/png", Data = new byte[] { 0xff, 0 } };
        var read = CloudEventCodec.ParseBatch(CloudEventCodec.WriteBatch([e, binary]));
        Same(e, read[0]);
        Same(binary, read[1]);
        Same(e, CloudEventCodec.ParseStructured(CloudEventCodec.WriteStructured(e)));
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
    [InlineData("""{"specversion":"1.0","id":"\ud800","source":"/s","type":"t"}""", "Unicode")]
    [InlineData("""{"id":"1","eventType":"x","subject":"","eventTime":"2025-01-01","data":{},"dataVersion":"1"}""", "CloudEvents v1.0 schema")]
    public void A_malformed_event_says_what_is_wrong(string json, string word) =>
        Assert.Contains(word, Assert.Throws<CloudEventException>(() => Structured(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_batch_says_which_event_is_wrong_and_has_a_limit()
    {
        Assert.StartsWith("Event 1 of the batch", Assert.Throws<CloudEventException>(() => Batch($"[{Minimal},{{}}]")).Message, StringComparison.Ordinal);
        Assert.Contains("array", Assert.Throws<CloudEventException>(() => Batch(Minimal)).Message, StringComparison.Ordinal);
        var large = $"[{string.Join(',', Enumerable.Repeat(Minimal, CloudEventCodec.MaxBatch + 1))}]";
        Assert.Contains("at most", Assert.Throws<CloudEventException>(() => Batch(large)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("application/cloudevents+xml")]
    [InlineData(null)]
    public void A_content_type_that_is_not_read_is_told_what_is(string? type)
    {
        var e = Assert.Throws<CloudEventException>(() => CloudEventCodec.Parse(type is null ? Headers() : Headers(("Content-Type", type)), Encoding.UTF8.GetBytes(Minimal)));
        Assert.True(e.IsMediaType);
        Assert.Contains("application/cloudevents+json", e.Message, StringComparison.Ordinal);
        Assert.Contains("application/cloudevents-batch+json", e.Message, StringComparison.Ordinal);
    }

    internal static Dictionary<string, string> Headers(params (string Name, string Value)[] headers) => headers.ToDictionary(h => h.Name, h => h.Value, StringComparer.OrdinalIgnoreCase);

    private static void Same(CloudEvent expected, CloudEvent actual)
    {
        Assert.Equal(expected with { Data = default, Extensions = actual.Extensions }, actual with { Data = default });
        Assert.Equal(expected.Extensions, actual.Extensions);
        Assert.Equal(expected.Data.ToArray(), actual.Data.ToArray());
    }

    private static IReadOnlyList<CloudEvent> Structured(string json) => CloudEventCodec.Parse(Headers(("content-type", "application/cloudevents+json; charset=utf-8")), Encoding.UTF8.GetBytes(json));

    private static IReadOnlyList<CloudEvent> Batch(string json) => CloudEventCodec.Parse(Headers(("content-type", "application/cloudevents-batch+json")), Encoding.UTF8.GetBytes(json));
}
