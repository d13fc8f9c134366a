using System.Text;
using System.Text.Json;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Tests.Platform.Hosting;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.Http;
using CloudNative.CloudEvents.SystemTextJson;
using FsCheck;
using FsCheck.Fluent;

namespace AgentWarden.Tests.Platform.CloudEvents;

/// <summary>Our formatter gives what the SDK's own gives, in both directions, for events of every shape.</summary>
public sealed class CloudEventFormatterOracleTests
{
    private const int Events = 1000;

    private static readonly CloudEventJsonFormatter Ours = CloudEventJsonFormatter.Instance;
    private static readonly JsonEventFormatter Oracle = new();

    [Fact]
    public void What_we_write_the_SDK_reads_and_what_it_writes_we_read() => Each(e =>
    {
        Same(e, Oracle.DecodeStructuredModeMessage(Ours.EncodeStructuredModeMessage(e, out var type), type, null));
        Same(e, Ours.DecodeStructuredModeMessage(Oracle.EncodeStructuredModeMessage(e, out type), type, null));
        Same(e, Ours.DecodeStructuredModeMessage(Ours.EncodeStructuredModeMessage(e, out type), type, null));
    });

    [Fact]
    public void Both_read_the_same_whatever_the_order_of_attributes() => Each(e =>
    {
        var written = JsonElement.Parse(Oracle.EncodeStructuredModeMessage(e, out var type).Span);
        var turned = Encoding.UTF8.GetBytes($"{{{string.Join(',', written.EnumerateObject().Reverse())}}}");
        Same(Oracle.DecodeStructuredModeMessage(turned, type, null), Ours.DecodeStructuredModeMessage(turned, type, null));
    });

    [Fact]
    public void Both_write_the_same_JSON() => Each(e =>
    {
        var theirs = Encoding.UTF8.GetString(Oracle.EncodeStructuredModeMessage(e, out var theirType).Span);
        var ours = Encoding.UTF8.GetString(Ours.EncodeStructuredModeMessage(e, out var ourType).Span);
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(theirs), JsonElement.Parse(ours)), $"{theirs}\n{ours}");
        Assert.Equal(theirType, ourType);
    });

    [Fact]
    public void A_batch_is_the_same_in_both_directions() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(AnyEvent.ListOf().ToArbitrary(), events =>
    {
        All(Oracle.DecodeBatchModeMessage(Ours.EncodeBatchModeMessage(events, out var type), type, null));
        All(Ours.DecodeBatchModeMessage(Oracle.EncodeBatchModeMessage(events, out type), type, null));

        void All(IReadOnlyList<CloudEvent> read)
        {
            Assert.Equal(events.Count, read.Count);
            events.Zip(read).ToList().ForEach(pair => Same(pair.First, pair.Second));
        }
    }));

    [Fact]
    public void The_data_of_binary_mode_is_the_same_in_both_directions() => Each(e =>
    {
        Assert.Equal(Oracle.EncodeBinaryModeEventData(e).ToArray(), Ours.EncodeBinaryModeEventData(e).ToArray());
        Assert.Equal(Oracle.GetOrInferDataContentType(e), Ours.GetOrInferDataContentType(e));
        SameData(Decoded(Oracle), Decoded(Ours));

        object? Decoded(CloudEventFormatter formatter)
        {
            var read = new CloudEvent { DataContentType = Typed(e).DataContentType };
            formatter.DecodeBinaryModeEventData(Oracle.EncodeBinaryModeEventData(e), read);
            return read.Data;
        }
    });

    [Fact]
    public async Task The_SDK_reads_our_requests_and_we_read_its() => await Task.WhenAll(AnyEvent.Sample(200).Select(Typed).Select(async e =>
    {
        using var binary = Request(e.ToHttpContent(ContentMode.Binary, Ours));
        Same(e, await binary.ToCloudEventAsync(Oracle));
        using var structured = Request(e.ToHttpContent(ContentMode.Structured, Oracle));
        Same(e, Assert.Single(await ParseAsync(structured)));
        using var theirs = Request(e.ToHttpContent(ContentMode.Binary, Oracle));
        Same(e, Assert.Single(await ParseAsync(theirs)));
    }));

    [Fact]
    public void An_extension_whose_type_the_caller_knows_is_of_that_type()
    {
        var known = new[] { CloudEventAttribute.CreateExtension("level", CloudEventAttributeType.Integer), CloudEventAttribute.CreateExtension("kind", CloudEventAttributeType.Boolean) };
        var json = """{"specversion":"1.0","id":"1","source":"/s","type":"t","level":7,"kind":true}"""u8.ToArray();
        var ours = Ours.DecodeStructuredModeMessage(json, null, known);
        Assert.Equal((7, true), (ours["level"], ours["kind"]));
        Same(Oracle.DecodeStructuredModeMessage(json, null, known), ours);
        Assert.Equal("true", ours.TextOf(ObjectAttributes.Kind));
    }

    [Fact]
    public void What_we_send_the_SDK_reads_as_a_reference_to_the_object()
    {
        var sent = ObjectEventMapping.ToCloudEvent(
            new(ObjectChange.Update, new(TestFunctions.Agent, "ns", "a") { Uid = "u", ResourceVersion = "7" }), "/bridge", DateTimeOffset.UnixEpoch, "Cards");
        var read = Oracle.DecodeStructuredModeMessage(Ours.EncodeStructuredModeMessage(sent, out var type), type, null);
        var expected = JsonElement.Parse(
            """{"apiVersion":"example.dev/v1","kind":"Agent","name":"a","namespace":"ns","uid":"u","resourceVersion":"7"}""");
        Assert.True(JsonElement.DeepEquals(expected, Assert.IsType<JsonElement>(read.Data)));
        Assert.True(JsonElement.DeepEquals(expected, JsonElement.Parse(Ours.EncodeBinaryModeEventData(sent).Span)));
        Assert.Equal(("Cards", "application/json"), (read["function"], read.DataContentType));
    }

    [Theory]
    [InlineData("id"), InlineData("source"), InlineData("type")]
    public void An_event_that_lacks_what_it_must_have_is_not_written(string missing)
    {
        var e = new CloudEvent { Id = "1", Source = new("/s", UriKind.Relative), Type = "t" };
        e[missing] = null;
        Assert.Throws<ArgumentException>(() => Ours.EncodeStructured(e));
        Assert.Throws<ArgumentException>(() => Oracle.EncodeStructuredModeMessage(e, out _));
        e[missing] = missing == "source" ? new Uri("/s", UriKind.Relative) : "x";
        Assert.NotEmpty(Ours.EncodeStructured(e));
    }

    private static readonly Gen<string> AnyText = Gen.Elements("a", "ü€", "😀", "a \"quoted\" <b>", "100%", "\\u0041", "/apis/v1/ns//x", "2025-01-01T00:00:00Z", "true", "7");

    private static readonly Gen<object?> AnyData = Gen.OneOf(
        Gen.Constant<object?>(null),
        Gen.Elements("{}", "[1,2.50,null]", "\"text\"", "7", "true", """{"a":{"b":["ü","\u20ac"]},"data":1}""").Select(object? (j) => JsonElement.Parse(j)),
        AnyText.Select(object? (t) => t),
        ArbMap.Default.GeneratorFor<byte[]>().Select(object? (b) => b));

    /// <summary>No fraction or one of seven digits: other fractions the SDK fills up to three or six digits, and we do not.</summary>
    private static readonly Gen<long> AnyTicks = Gen.Choose(0, 99_999_999).Select(n => n % 3 == 0 ? n * TimeSpan.TicksPerSecond : n * 10L + 1);

    private static readonly Gen<CloudEvent> AnyEvent =
        from id in AnyText
        from source in Gen.Elements("/s", "https://10.0.0.1:443", "urn:x:y", "/apis/ägents & <warden>", "a/b?c#d")
        from subject in AnyText.OrNull()
        from ticks in AnyTicks
        from zone in Gen.Elements(null, (int?)0, 120, -330)
        from schema in Gen.Elements(null, "urn:schema", "https://example.dev/s")
        from extensions in Gen.SubListOf("kind", "name", "namespace", "function", "apiversion", "other", "x7", "traceparent")
        from values in AnyText.ArrayOf(8)
        from data in AnyData
        from type in Type(data)
        select Event(id, source, subject, zone is { } z ? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.FromMinutes(z)).AddTicks(ticks) : null, schema,
            extensions.Zip(values), data, type);

    private static Gen<string?> Type(object? data) => data switch
    {
        null or byte[] => Gen.Elements<string?>(null, "application/json", "text/plain", "image/png", "text/plain; charset=utf-16"),
        JsonElement => Gen.Elements<string?>(null, "application/json", "application/json; charset=utf-8"),
        _ => Gen.Elements<string?>("text/plain", "text/xml; charset=utf-8", "text/plain; charset=utf-16"),
    };

    private static CloudEvent Event(string id, string source, string? subject, DateTimeOffset? time, string? schema, IEnumerable<(string, string)> extensions, object? data, string? type)
    {
        var e = new CloudEvent
        {
            Id = id, Source = new(source, UriKind.RelativeOrAbsolute), Type = "t", Subject = subject, Time = time,
            DataSchema = schema is null ? null : new(schema), Data = data, DataContentType = type,
        };
        foreach (var (name, value) in extensions)
        {
            e.SetAttributeFromString(name, value);
        }

        return e;
    }

    private static void Each(Action<CloudEvent> holds) => Check.One(Config.QuickThrowOnFailure.WithMaxTest(Events), Prop.ForAll(AnyEvent.ToArbitrary(), holds));

    private static HttpRequestMessage Request(HttpContent content) => new(HttpMethod.Post, "http://functions.test/events") { Content = content };

    private static async Task<IReadOnlyList<CloudEvent>> ParseAsync(HttpRequestMessage request) => CloudEventHttp.Parse(
        request.Content!.Headers.ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase),
        await request.Content.ReadAsByteArrayAsync());

    /// <summary>In binary mode nothing but the content type says whether data is bytes, text or JSON.</summary>
    private static CloudEvent Typed(CloudEvent e)
    {
        e.DataContentType = e.Data switch
        {
            null => null,
            byte[] => "image/png",
            _ => Oracle.GetOrInferDataContentType(e),
        };
        return e;
    }

    private static void Same(CloudEvent expected, CloudEvent actual)
    {
        Assert.True(actual.IsValid);
        // JSON without a content type is read as what it is.
        var inferred = expected.DataContentType ?? (expected.Data is null or byte[] ? null : "application/json");
        Assert.Equal(inferred, actual.DataContentType);
        Assert.Equal(Attributes(expected), Attributes(actual));
        SameData(expected.Data, actual.Data);
    }

    private static List<(string, object)> Attributes(CloudEvent e) =>
        [.. e.GetPopulatedAttributes().Where(a => a.Key.Name != "datacontenttype").Select(a => (a.Key.Name, Value(a.Value))).OrderBy(a => a.Name, StringComparer.Ordinal)];

    /// <summary>A time's zone counts too, and a URI's text.</summary>
    private static object Value(object value) => value switch
    {
        DateTimeOffset time => (time.DateTime, time.Offset),
        Uri uri => uri.OriginalString,
        _ => value,
    };

    private static void SameData(object? expected, object? actual)
    {
        if (expected is JsonElement json)
        {
            Assert.True(JsonElement.DeepEquals(json, Assert.IsType<JsonElement>(actual)));
        }
        else
        {
            Assert.Equal(expected, actual);
        }
    }
}
