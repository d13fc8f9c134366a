using System.Text;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Tests.Platform.Hosting;
using FsCheck.Fluent;

namespace AgentWarden.Tests.Platform.CloudEvents;

public sealed class LookReportJsonTests
{
    private const string Agent = """{"apiVersion":"example.dev/v1","kind":"Agent","namespace":"ns","name":"a"}""";

    private static readonly KindTable Kinds = new([TestFunctions.Agent]);

    [Fact]
    public void There_and_back_is_the_same()
    {
        var target = new ObjectReference(TestFunctions.Agent, "ns", "a") { Uid = "u", ResourceVersion = "7" };
        var tick = TimerTick.Due("Sweep", DateTimeOffset.UnixEpoch).Object;
        var looks = new[]
        {
            new LookReport("Cards", target, new(new Outcome.LookAgain(DateTimeOffset.UnixEpoch.AddTicks(12345)), [target with { Name = "b" }, target with { Name = "c", Uid = null }])),
            new LookReport("Cards", target, EventAnswer.Done),
            new LookReport("Sweep", tick, EventAnswer.Done),
        };
        var reading = LookReportJson.Read(LookReportJson.Write(looks), Kinds);
        Assert.Empty(reading.Ignored);
        Assert.Equal(looks.Length, reading.Looks.Count);
        foreach (var (expected, read) in looks.Zip(reading.Looks))
        {
            Assert.Equal((expected.Function, expected.Object, expected.Answer.Next), (read.Function, read.Object, read.Answer.Next));
            Assert.Equal(expected.Answer.FollowUps, read.Answer.FollowUps);
        }
    }

    [Fact]
    public void An_unknown_kind_is_left_out_with_the_reason_and_the_rest_is_read()
    {
        var reading = Read("""{"looks":[{"function":"F","object":{"apiVersion":"v1","kind":"Pod","namespace":"ns","name":"p"}},{"function":"F","object":AGENT,"followUps":[{"apiVersion":"v1","kind":"Pod","namespace":"ns","name":"p"}]}]}""");
        Assert.Equal("a", Assert.Single(reading.Looks).Object.Name);
        Assert.Equal(2, reading.Ignored.Count);
        Assert.StartsWith("looks[0].object: ", reading.Ignored[0], StringComparison.Ordinal);
        Assert.StartsWith("looks[1].followUps[0]: ", reading.Ignored[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "array \"looks\"")]
    [InlineData("""{"looks":{}}""", "array \"looks\"")]
    [InlineData("""{"looks":[null]}""", "looks[0] names no function")]
    [InlineData("""{"looks":[{"function":"","object":AGENT}]}""", "looks[0] names no function")]
    [InlineData("""{"looks":[{"function":"F"}]}""", "looks[0] names no object")]
    [InlineData("""{"looks":[{"function":"F","object":"x"}]}""", "looks[0].object")]
    [InlineData("""{"looks":[{"function":"F","object":{"apiVersion":"example.dev/v1","kind":"Agent","namespace":"../x","name":"a"}}]}""", "looks[0].object")]
    [InlineData("""{"looks":[{"function":"F","object":{"apiVersion":"example.dev/v1","kind":"Agent","namespace":"ns","name":"a/b"}}]}""", "looks[0].object")]
    [InlineData("""{"looks":[{"function":"F","object":AGENT,"at":"soon"}]}""", "looks[0].at")]
    [InlineData("""{"looks":[{"function":"F","object":AGENT,"at":7}]}""", "looks[0].at")]
    [InlineData("""{"looks":[{"function":"F","object":AGENT,"followUps":7}]}""", "looks[0].followUps")]
    [InlineData("""{"looks":[{"function":"F","object":AGENT,"followUps":[7]}]}""", "looks[0].followUps[0]")]
    [InlineData("""{"looks":[{"function":"\ud800","object":AGENT}]}""", "not valid JSON")]
    public void What_is_no_report_is_refused_with_the_place(string json, string says) =>
        Assert.Contains(says, Assert.Throws<CloudEventException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Too_many_looks_are_refused()
    {
        var looks = Enumerable.Repeat(new LookReport("F", new(TestFunctions.Agent, "ns", "a"), EventAnswer.Done), LookReportJson.MaxLooks + 1);
        Assert.Contains("at most", Assert.Throws<CloudEventException>(() => LookReportJson.Read(LookReportJson.Write(looks), Kinds)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_bytes_are_read_or_refused_and_nothing_else()
    {
        var good = LookReportJson.Write([new("F", new(TestFunctions.Agent, "ns", "a"), new(new Outcome.LookAgain(DateTimeOffset.UnixEpoch), [new(TestFunctions.Agent, "ns", "b")]))]);
        FsCheck.Check.One(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(1500), Prop.ForAll<byte[], int>((noise, at) =>
        {
            var cut = (int)((uint)at % (uint)good.Length);
            try
            {
                return LookReportJson.Read((byte[])[.. good[..cut], .. noise, .. good[Math.Min(good.Length, cut + noise.Length)..]], Kinds) is not null;
            }
            catch (CloudEventException refused)
            {
                return refused.Message.Length > 0;
            }
        }));
    }

    private static LookReportReading Read(string json) => LookReportJson.Read(Encoding.UTF8.GetBytes(json.Replace("AGENT", Agent, StringComparison.Ordinal)), Kinds);
}
