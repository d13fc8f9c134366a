using System.Text;
using AgentWarden.Platform.CloudEvents;

namespace AgentWarden.Tests.Platform.CloudEvents;

public sealed class CloudEventTextTests
{
    private const string Event = """{"specversion":"1.0","id":"1","source":"/s","type":"t"}""";

    [Theory]
    [InlineData(Event, 1)]
    [InlineData(" \r\n" + Event + " ", 1)]
    [InlineData("[" + Event + "," + Event + "]", 2)]
    [InlineData("[]", 0)]
    public void One_event_or_an_array_is_read_as_it_is_or_from_base64(string json, int count)
    {
        Assert.Equal(count, CloudEventText.Parse(json).Count);
        Assert.Equal(count, CloudEventText.Parse(Encoding.UTF8.GetBytes(json)).Count);
        Assert.Equal(count, CloudEventText.Parse(Convert.ToBase64String(Encoding.UTF8.GetBytes(json))).Count);
        Assert.Equal(count, CloudEventText.Parse(Convert.ToBase64String([0xef, 0xbb, 0xbf, .. Encoding.UTF8.GetBytes(json)])).Count);
    }

    [Theory]
    [InlineData(""), InlineData(" "), InlineData("hello"), InlineData("aGVsbG8="), InlineData("\"e30=\""), InlineData("{}"), InlineData("[{}]"), InlineData("[1]")]
    public void What_is_no_event_is_refused(string text) => Assert.Throws<CloudEventException>(() => CloudEventText.Parse(text));
}
