using AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

namespace AgentWarden.Tests.Platform.EventBridge.Sinks;

public sealed class SharedKeyTests
{
    [Fact]
    public void What_is_signed_reads_as_in_the_documentation_of_the_service()
    {
        // The example of "Authorize with Shared Key": the query's parameters come decoded and sorted, whatever their order and case.
        var signed = new SharedKey("myaccount", [1]).StringToSign("GET", new("https://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=metadata&Timeout=20"), 0, new Dictionary<string, string>
        {
            ["X-Ms-Version"] = "2015-02-21",
            ["x-ms-date"] = "Fri, 26 Jun 2015 23:39:12 GMT",
            ["Accept"] = "*/*",
        });
        Assert.Equal("GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20", signed);
    }

    [Fact]
    public void Parameters_that_come_several_times_are_one_line()
    {
        var signed = new SharedKey("a", [1]).StringToSign("GET", new("https://a.queue.core.windows.net/?include=b%20c&comp=list&include=a"), 0, new Dictionary<string, string>());
        Assert.EndsWith("\n/a/\ncomp:list\ninclude:a,b c", signed, StringComparison.Ordinal);
    }

    [Fact]
    public void The_signature_is_the_one_that_OpenSSL_computes()
    {
        // Computed with openssl dgst -sha256 -mac HMAC and, the same, with Python's hmac, over the text that the documentation's rules give for this request.
        var key = new SharedKey(StorageConnectionString.EmulatorAccount, Convert.FromBase64String(StorageConnectionString.EmulatorKey));
        var signed = key.StringToSign("POST", new("http://127.0.0.1:10001/devstoreaccount1/agent-warden-events/messages?messagettl=-1"), 57, new Dictionary<string, string>
        {
            ["Content-Type"] = "application/xml",
            ["x-ms-version"] = "2021-12-02",
            ["x-ms-client-request-id"] = "0f5d3c5e-6d3c-4b9b-8a3e-0a1b2c3d4e5f",
            ["x-ms-date"] = "Wed, 04 Mar 2026 05:06:07 GMT",
        });
        Assert.Equal("SharedKey devstoreaccount1:cImdim/PDwvHlRKN3zVSjGvNCbe+ym9vHDmvpx1Kha8=", key.Authorization(signed));
    }
}
